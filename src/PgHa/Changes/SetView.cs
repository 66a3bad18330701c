using System.Globalization;
using PgHa.Client.Operations;
using PgHa.Terminal;

namespace PgHa.Changes;

/// <summary>Settings before they are set: what each node has and will have, and the operations in their order.</summary>
internal static class SetView
{
    internal static IEnumerable<string> Lines(SettingsSeries series, Screen screen)
    {
        foreach (var line in Table(series).Lines(screen).Append(""))
            yield return line;
        if (series.Moves.Count == 0)
            yield return "nothing to do: all nodes have it";
        foreach (var (words, i) in Moves(series).Select((m, i) => (m, i + 1)))
            foreach (var line in Folded.Lines(string.Create(CultureInfo.InvariantCulture, $"{i,4}. "), words, screen))
                yield return line;
        foreach (var (text, i) in series.Overrides.Select((t, i) => (t, i)))
            foreach (var line in Folded.Lines((i == 0 ? "you answer for" : "").PadRight(16), CommandWords.In(text), screen))
                yield return line;
        if (series.Waits is { } waits)
            yield return $"waits           {waits}";
        yield return "";
    }

    /// <summary>The way back of a switchover is planned when the rest is done.</summary>
    private static IEnumerable<string> Moves(SettingsSeries series) =>
        series.Moves.Select(m => m.Words).Concat(series.Moves.Where(m => m.Verb == "switchover").Select(m => $"switch over back to {m.Node}"));

    private static Grid Table(SettingsSeries series)
    {
        var grid = new Grid(new("node"), new("setting"), new("now", Right: true), new("then", Right: true), new("restart", Rank: 1));
        foreach (var s in series.Settings)
            grid.Add(s.Node, s.Name, Shown(s.Now, s.Unit), new(Shown(s.Then, s.Unit), s.Now == s.Then ? Colour.None : Colour.Bold), s.Restarts ? "yes" : "");
        return grid;
    }

    /// <summary>A unit may be a number of bytes itself.</summary>
    private static string Shown(string? value, string? unit) => value switch
    {
        null => "?",
        _ when unit is null || !value.All(c => char.IsAsciiDigit(c) || c is '-' or '.') => SettingChange.Shown(value),
        _ when char.IsAsciiDigit(unit[0]) => $"{value} x {unit}",
        _ => $"{value} {unit}",
    };
}
