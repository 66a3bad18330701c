using PgHa.Agent.Cluster;
using PgHa.Client.Facts;

namespace PgHa.Agent.Plans;

/// <summary>Stages that several planners write, by name, at the place where they run. None where there is nothing to do.</summary>
internal static class Stages
{
    /// <summary>The server stops, unless it is down already.</summary>
    internal static IReadOnlyList<IReadOnlyList<Step>> Stop(NodeObservation node) => node.Down ? [] : [[new StopServer(node.Node)]];

    /// <summary>Before anything stops, and while both run: physical slots of others that the new primary has no copy of.</summary>
    internal static IReadOnlyList<IReadOnlyList<Step>> CopySlots(CarriedSlots slots) =>
        slots is { Copies: true, Move: var (target, source) } ? [[new CopySlots(target, source)]] : [];

    /// <summary>While the new primary is down: files of logical slots, right before its start.</summary>
    internal static IReadOnlyList<IReadOnlyList<Step>> PlaceSlots(CarriedSlots slots) =>
        slots is { Logical: true, Move: var (target, source) } ? [[new PlaceSlots(target, source)]] : [];

    /// <summary>While the new primary runs: its copies of logical slots, right before writes are interrupted or it is promoted.</summary>
    internal static IReadOnlyList<IReadOnlyList<Step>> LevelSlots(CarriedSlots slots) =>
        slots is { Logical: true, Move: var (target, source) } ? [[new LevelSlots(target, source)]] : [];

    /// <summary>Running standbys are pointed at a node, all at the same time.</summary>
    internal static IReadOnlyList<IReadOnlyList<Step>> Point(IReadOnlyList<string> standbys, string upstream) =>
        standbys.Count == 0 ? [] : [[.. standbys.Select(n => new Follow(n, upstream))]];
}
