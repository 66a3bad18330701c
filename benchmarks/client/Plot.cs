using System.Globalization;

namespace PgHa.Bench;

/// <summary>Each round a dot, each median a line, on a logarithmic scale of milliseconds.</summary>
internal static class Plot
{
    private const int Left = 250, Width = 640, RowHeight = 24, Top = 40;
    private static readonly string[] Colours = ["#1f6feb", "#57a0ff", "#d1661f", "#8a5cb8"];
    private static readonly double[] Ticks = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000];

    internal static int Write(IReadOnlyList<Figures> rounds, TextWriter output)
    {
        var summaries = Report.Summaries(rounds);
        var (low, high) = (Ticks.Last(t => t <= Math.Max(10, rounds.Min(r => r.OutageMs))), Ticks.First(t => t >= Math.Min(20000, rounds.Max(r => r.OutageMs))));
        double X(double ms) => Left + (Width * Math.Log(Math.Clamp(ms, low, high) / low) / Math.Log(high / low));
        var contenders = summaries.Select(s => s.Contender).Distinct().ToList();
        var rows = new List<string>();
        var y = Top;
        foreach (var load in summaries.GroupBy(s => s.Load))
        {
            rows.Add(Text(10, y + 16, Load.Named(load.Key).Words, "bold"));
            y += RowHeight;
            foreach (var s in load)
            {
                rows.Add(Text(20, y + 16, s.Contender));
                foreach (var round in rounds.Where(r => r.Load == s.Load && r.Contender == s.Contender))
                    rows.Add(F($"<circle cx=\"{X(round.OutageMs):F1}\" cy=\"{y + 11}\" r=\"4\" fill=\"{Colours[contenders.IndexOf(s.Contender) % Colours.Length]}\" fill-opacity=\"0.5\"/>"));
                rows.Add(F($"<path d=\"M{X(s.MedianMs):F1} {y + 2}v18\" stroke=\"#111\" stroke-width=\"2\"/>"));
                rows.Add(F($"<text x=\"{Left + Width + 12}\" y=\"{y + 16}\">{s.MedianMs:F0} ms</text>"));
                y += RowHeight;
            }
            y += RowHeight / 2;
        }
        output.WriteLine(F($"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{Left + Width + 90}\" height=\"{y + 30}\" font-family=\"sans-serif\" font-size=\"12\">"));
        output.WriteLine("<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>");
        output.WriteLine(Text(10, 20, "Write outage of a planned switchover as clients see it: milliseconds, log scale; line and figure: the median", "bold"));
        foreach (var tick in Ticks.Where(t => t >= low && t <= high))
        {
            output.WriteLine(F($"<path d=\"M{X(tick):F1} {Top}V{y}\" stroke=\"#ddd\"/>"));
            output.WriteLine(F($"<text x=\"{X(tick):F1}\" y=\"{y + 16}\" text-anchor=\"middle\">{tick:F0}</text>"));
        }
        rows.ForEach(output.WriteLine);
        output.WriteLine("</svg>");
        return 0;
    }

    private static string Text(int x, int y, string text, string weight = "normal") => F($"<text x=\"{x}\" y=\"{y}\" font-weight=\"{weight}\">{text}</text>");

    private static string F(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
