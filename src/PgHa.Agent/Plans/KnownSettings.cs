using System.Globalization;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Plans;

/// <summary>Whether an agent tells the settings that a rule turns on. What it does not tell is not known, and never taken for its default. Pure.</summary>
internal static class KnownSettings
{
    /// <summary>Why these settings of a next start cannot be judged, or null.</summary>
    internal static Refusal? Refuse(NextStart node, params IEnumerable<string> names) =>
        names.FirstOrDefault(n => node.Settings.GetValueOrDefault(n) is null) is { } missing ? Untold(node.Node, $"{missing} at the next start of {node.Node}") : null;

    /// <summary>The same for settings that are numbers.</summary>
    internal static Refusal? RefuseNumbers(NextStart node, params IReadOnlyCollection<string> names) => Refuse(node, names)
        ?? (names.FirstOrDefault(n => Number(node.Settings, n) is null) is { } odd ? SettingWords.Refuse(node, odd, "this is no number", "to a number") : null);

    /// <summary>Why these numbers among the settings that a server runs with, or will run with, cannot be judged, or null.</summary>
    internal static Refusal? RefuseNumbers(string node, IReadOnlyDictionary<string, string> settings, IEnumerable<string> names) =>
        names.FirstOrDefault(n => Number(settings, n) is null) is { } missing ? Untold(node, $"{missing} of {node}") : null;

    /// <summary>A number among settings; null if it is not there, or none.</summary>
    internal static int? Number(IReadOnlyDictionary<string, string> settings, string name) =>
        int.TryParse(settings.GetValueOrDefault(name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : null;

    private static Refusal Untold(string node, string what) => new(Code.WrongState, $"{what} is not known: its agent does not tell it",
        $"look whether the agent of {node} is of the same version as the others, and whether its server answers; then repeat the call");
}
