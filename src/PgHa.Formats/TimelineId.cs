using System.Globalization;
using System.Text.Json.Serialization;

namespace PgHa.Formats;

/// <summary>
/// The number of a timeline (<c>TimeLineID</c>, access/xlogdefs.h): 1 after initdb, one more with every promotion.
/// Two nodes promoted apart get the same number with different contents.
/// </summary>
/// <param name="Value">The number; zero means "no timeline".</param>
[JsonConverter(typeof(TimelineIdJsonConverter))]
public readonly record struct TimelineId(uint Value) : IComparable<TimelineId>
{
    /// <summary>The number in decimal digits.</summary>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public int CompareTo(TimelineId other) => Value.CompareTo(other.Value);

    /// <summary>Whether a has the smaller number.</summary>
    public static bool operator <(TimelineId a, TimelineId b) => a.Value < b.Value;

    /// <summary>Whether a has the larger number.</summary>
    public static bool operator >(TimelineId a, TimelineId b) => a.Value > b.Value;

    /// <summary>Whether a has the smaller number or the same.</summary>
    public static bool operator <=(TimelineId a, TimelineId b) => a.Value <= b.Value;

    /// <summary>Whether a has the larger number or the same.</summary>
    public static bool operator >=(TimelineId a, TimelineId b) => a.Value >= b.Value;
}
