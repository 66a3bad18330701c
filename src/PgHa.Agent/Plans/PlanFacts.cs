using PgHa.Agent.Cluster;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Plans;

/// <summary>All that a decision rests on. Immutable.</summary>
/// <param name="View">All nodes.</param>
/// <param name="Wal">Their WAL, seen from the node that is, or is to become, primary.</param>
public sealed record PlanFacts(ClusterView View, WalView Wal)
{
    /// <summary>What the next start of a node would do, of those that were asked.</summary>
    public IReadOnlyDictionary<string, Answer<NextStart>> NextStarts { get; init; } = new Dictionary<string, Answer<NextStart>>();

    /// <summary>What the nodes say of settings that are to be changed, of those that were asked.</summary>
    public IReadOnlyDictionary<string, Answer<SettingsReport>> Settings { get; init; } = new Dictionary<string, Answer<SettingsReport>>();

    /// <summary>The slots of a node, of those that were asked.</summary>
    public IReadOnlyDictionary<string, Answer<SlotsReport>> Slots { get; init; } = new Dictionary<string, Answer<SlotsReport>>();
}

/// <summary>What a planner has to know beside the view and the WAL.</summary>
/// <param name="NextStarts">The nodes whose next start it judges.</param>
/// <param name="Slots">The nodes whose slots it reads.</param>
public sealed record FactsNeeded(IReadOnlyList<string> NextStarts, IReadOnlyList<string> Slots)
{
    /// <summary>Settings that are to be changed (<see cref="SettingChange.Text"/>), of which it has to know what all nodes have; null: none.</summary>
    public string? Settings { get; init; }

    /// <summary>Nothing more.</summary>
    public static FactsNeeded None { get; } = new([], []);
}
