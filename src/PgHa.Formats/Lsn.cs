using System.Globalization;
using System.Text.Json.Serialization;

namespace PgHa.Formats;

/// <summary>
/// A position in the WAL, in bytes from the beginning of the cluster's history
/// (<c>XLogRecPtr</c>, access/xlogdefs.h). Positions compare only within one lineage of timelines.
/// </summary>
/// <param name="Value">The position in bytes; zero means "no position" (InvalidXLogRecPtr).</param>
[JsonConverter(typeof(LsnJsonConverter))]
public readonly record struct Lsn(ulong Value) : IComparable<Lsn>
{
    /// <summary>No position, printed as 0/0.</summary>
    public static Lsn Zero => default;

    /// <summary>True unless this is <see cref="Zero"/>.</summary>
    public bool IsValid => Value != 0;

    /// <summary>Reads the text form, for example "16/B374D848".</summary>
    /// <exception cref="FormatException">The text is not an LSN.</exception>
    public static Lsn Parse(string text) =>
        TryParse(text, out var lsn) ? lsn : throw new FormatException($"'{text}' is not an LSN such as 16/B374D848");

    /// <summary>Reads the text form as PostgreSQL's type pg_lsn does: one to eight hexadecimal digits, a slash, one to eight more.</summary>
    /// <returns>False when the text has any other form.</returns>
    public static bool TryParse(string? text, out Lsn lsn)
    {
        lsn = default;
        var slash = text is null ? -1 : text.IndexOf('/');
        return slash >= 0 && TryParse(text.AsSpan(0, slash), text.AsSpan(slash + 1), out lsn);
    }

    /// <summary>Reads the two halves as they stand left and right of the slash, for example "16" and "B374D848".</summary>
    /// <returns>False when a half is not one to eight hexadecimal digits.</returns>
    public static bool TryParse(string hi, string lo, out Lsn lsn) => TryParse(hi.AsSpan(), lo.AsSpan(), out lsn);

    /// <summary>The later one of two positions.</summary>
    public static Lsn Max(Lsn a, Lsn b) => a.Value >= b.Value ? a : b;

    /// <summary>The earlier one of two positions.</summary>
    public static Lsn Min(Lsn a, Lsn b) => a.Value <= b.Value ? a : b;

    /// <summary>The text form that PostgreSQL prints (%X/%X), for example "0/3000148".</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Value >> 32:X}/{(uint)Value:X}");

    /// <inheritdoc/>
    public int CompareTo(Lsn other) => Value.CompareTo(other.Value);

    /// <summary>The position <paramref name="bytes"/> further on.</summary>
    public static Lsn operator +(Lsn lsn, ulong bytes) => new(lsn.Value + bytes);

    /// <summary>The distance in bytes; <paramref name="a"/> must not lie before <paramref name="b"/>.</summary>
    public static ulong operator -(Lsn a, Lsn b) => a.Value - b.Value;

    /// <summary>Whether a lies before b.</summary>
    public static bool operator <(Lsn a, Lsn b) => a.Value < b.Value;

    /// <summary>Whether a lies after b.</summary>
    public static bool operator >(Lsn a, Lsn b) => a.Value > b.Value;

    /// <summary>Whether a lies before b or is equal.</summary>
    public static bool operator <=(Lsn a, Lsn b) => a.Value <= b.Value;

    /// <summary>Whether a lies after b or is equal.</summary>
    public static bool operator >=(Lsn a, Lsn b) => a.Value >= b.Value;

    internal static bool TryParse(ReadOnlySpan<char> hi, ReadOnlySpan<char> lo, out Lsn lsn)
    {
        var ok = Hex.TryParse(hi, out var high) & Hex.TryParse(lo, out var low);
        lsn = ok ? new Lsn((ulong)high << 32 | low) : default;
        return ok;
    }
}
