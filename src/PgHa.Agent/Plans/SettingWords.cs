using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Plans;

/// <summary>What an operator does about a setting of a node's next start (<see cref="NextSetting"/>), by its place.</summary>
internal static class SettingWords
{
    /// <summary>The place of what stands there.</summary>
    internal const string CommandLine = "the command line";

    private const string AutoConf = "postgresql.auto.conf";

    /// <summary>What an operator does about it.</summary>
    /// <param name="node">The node.</param>
    /// <param name="name">The setting.</param>
    /// <param name="wanted">The value it should have, in words: <c>to at least 200</c>; null: it should go.</param>
    internal static string WayOut(NextStart node, string name, string? wanted) => (node.Places.GetValueOrDefault(name), wanted) switch
    {
        ("the command line", _) => $"start the server of {node.Node} once by hand without {name} on its command line",
        ({ } place, null) when InAutoConf(place) => $"remove {name} on {node.Node}: ALTER SYSTEM RESET {name}, or take it out of {place} while the server is stopped",
        ({ } place, null) => $"remove {name} on {node.Node} ({place})",
        ({ } place, _) when InAutoConf(place) => $"set {name} {wanted} on {node.Node}: by ALTER SYSTEM, or in {place} while the server is stopped",
        ({ } place, _) => $"set {name} {wanted} on {node.Node} ({place})",
        (null, _) => $"set {name} {wanted ?? "to its default"} in the configuration of {node.Node}",
    };

    /// <summary>A refusal about one setting.</summary>
    internal static Refusal Refuse(NextStart node, string name, string why, string? wanted, string more = "") =>
        new(Code.WrongState, $"{NextSetting.Of(node, name)}: {why}", $"{WayOut(node, name, wanted)}{more}, and repeat the call");

    private static bool InAutoConf(string place) => place.Contains(AutoConf, StringComparison.Ordinal);
}
