using System.Globalization;
using System.Text.Json;

namespace PgHa.Bench;

/// <summary>The rounds as statistics.</summary>
internal static class Report
{
    internal static int Table(IReadOnlyList<Figures> rounds, TextWriter output)
    {
        foreach (var load in Summaries(rounds).GroupBy(summary => summary.Load))
        {
            output.WriteLine();
            output.WriteLine(Line(Load.Named(load.Key).Words, "rounds", "min", "median", "p99", "max", "client", "inside", "rows", "lost", "standby", "ratio"));
            foreach (var s in load)
                output.WriteLine(Line(s.Contender, $"{s.Rounds}", Ms(s.MinMs), Ms(s.MedianMs), Ms(s.P99Ms), Ms(s.MaxMs), Ms(s.WorstClientMedianMs), Ms(s.InsideMedianMs),
                    $"{s.Acknowledged}", $"{s.Lost}", $"{s.LostOnStandby}", s.RatioToFirst is { } ratio ? ratio.ToString("F1", CultureInfo.InvariantCulture) + "x" : ""));
        }
        return rounds.Any(round => round.Overlap) ? Overlapped(output) : 0;
    }

    internal static int Json(IReadOnlyList<Figures> rounds, TextWriter output)
    {
        output.Write("\"summary\":" + JsonSerializer.Serialize(Summaries(rounds), FiguresJson.Default.IReadOnlyListSummary));
        output.Write(",\n \"rounds\":" + JsonSerializer.Serialize(rounds, FiguresJson.Default.IReadOnlyListFigures));
        return 0;
    }

    /// <summary>By load, then by contender, both in the order in which they first came.</summary>
    internal static IReadOnlyList<Summary> Summaries(IReadOnlyList<Figures> rounds) =>
        [.. rounds.GroupBy(round => round.Load).SelectMany(load => Summaries(load.GroupBy(round => round.Contender).Select(group => group.ToArray()).ToArray()))];

    private static IEnumerable<Summary> Summaries(Figures[][] contenders)
    {
        var first = Rank(contenders[0].Select(round => round.OutageMs), 0.5);
        foreach (var rounds in contenders)
        {
            var outages = rounds.Select(round => round.OutageMs).ToArray();
            var inside = rounds.Where(round => round.InsideMs is not null).Select(round => round.InsideMs!.Value).ToArray();
            yield return new(rounds[0].Contender, rounds[0].Load, rounds.Length, outages.Min(), Rank(outages, 0.5), Rank(outages, 0.99), outages.Max(),
                Rank(rounds.Select(round => round.WorstClientMs), 0.5), inside.Length == 0 ? null : Rank(inside, 0.5),
                rounds.Sum(round => round.Acknowledged), rounds.Sum(round => round.Lost), rounds.Sum(round => round.LostOnStandby),
                rounds == contenders[0] ? null : Math.Round(Rank(outages, 0.5) / first, 1));
        }
    }

    /// <summary>The nearest rank: a figure that was measured, not one between two.</summary>
    private static double Rank(IEnumerable<double> figures, double part)
    {
        var sorted = figures.Order().ToArray();
        return sorted[Math.Max(0, (int)Math.Ceiling(part * sorted.Length) - 1)];
    }

    private static int Overlapped(TextWriter output)
    {
        output.WriteLine("TWO SERVERS acknowledged commits at the same time: see \"overlap\" in the rounds");
        return 1;
    }

    private static string Ms(double? figure) => figure?.ToString("F1", CultureInfo.InvariantCulture) ?? "";

    private static string Line(string name, params ReadOnlySpan<string> columns)
    {
        var line = name.PadRight(56);
        int[] widths = [6, 8, 8, 8, 8, 8, 8, 9, 5, 8, 7];
        for (var i = 0; i < columns.Length; i++)
            line += " " + columns[i].PadLeft(widths[i]);
        return line;
    }
}
