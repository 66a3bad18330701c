using System.Text.Json.Serialization;

namespace PgHa.Bench;

/// <summary>What one round gave. All times in milliseconds.</summary>
internal sealed record Figures
{
    public required string Contender { get; init; }

    public required string Load { get; init; }

    /// <summary>The longest time in which no client had a commit acknowledged.</summary>
    public required double OutageMs { get; init; }

    /// <summary>The longest such time of any single client.</summary>
    public required double WorstClientMs { get; init; }

    /// <summary>The same as the contender measured it from inside, where it does.</summary>
    public double? InsideMs { get; init; }

    public required long Acknowledged { get; init; }

    /// <summary>Acknowledged rows that the new primary does not have.</summary>
    public required long Lost { get; init; }

    /// <summary>Acknowledged rows that another server does not have, at the end; of several the most.</summary>
    public required long LostOnStandby { get; init; }

    /// <summary>Rows whose client lost its session before it heard of them.</summary>
    public required long Unclear { get; init; }

    /// <summary>Whether a server acknowledged a row after another one had acknowledged a later one's: two were writable.</summary>
    public required bool Overlap { get; init; }
}

/// <summary>Min, median, p99 and max of the rounds of one contender under one load.</summary>
internal sealed record Summary(
    string Contender, string Load, int Rounds, double MinMs, double MedianMs, double P99Ms, double MaxMs, double WorstClientMedianMs,
    double? InsideMedianMs, long Acknowledged, long Lost, long LostOnStandby, double? RatioToFirst);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Figures))]
[JsonSerializable(typeof(IReadOnlyList<Summary>))]
[JsonSerializable(typeof(IReadOnlyList<Figures>))]
internal sealed partial class FiguresJson : JsonSerializerContext;
