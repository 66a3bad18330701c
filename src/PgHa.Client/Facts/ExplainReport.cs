using PgHa.Client.Operations;

namespace PgHa.Client.Facts;

/// <summary>What an agent in automatic mode does, and why.</summary>
public sealed record ExplainReport
{
    /// <summary>The node whose agent says so.</summary>
    public required string Node { get; init; }

    /// <summary>The row of the table of rules that matched (docs/failover.md).</summary>
    public required int Row { get; init; }

    /// <summary>When it matches.</summary>
    public required string Rule { get; init; }

    /// <summary>What is done, in one word.</summary>
    public required string Action { get; init; }

    /// <summary>Why, in a sentence.</summary>
    public required string Reason { get; init; }

    /// <summary>Why what is to be done was not done when it was tried last; null: it was, or nothing is.</summary>
    public string? Trouble { get; init; }

    /// <summary>What a person can do; null where nothing has to be done.</summary>
    public string? Hint { get; init; }

    /// <summary>The node that holds the record, or held it last; null: there is no record, or it is not known.</summary>
    public string? Holder { get; init; }

    /// <summary>Its epoch.</summary>
    public long? Epoch { get; init; }

    /// <summary>In how many seconds the record runs out if it is not renewed, as seen from here; 0: it has.</summary>
    public double? RunsOutIn { get; init; }

    /// <summary>For how many seconds this node may write, as its guard has confirmed; null: it may not.</summary>
    public double? MayWriteFor { get; init; }

    /// <summary>What commits wait for, and where everything is that was acknowledged; null where this node is not the primary, or sync is off.</summary>
    public string? Sync { get; init; }

    /// <summary>The record was ended for manual mode: no node holds it.</summary>
    public bool Manual { get; init; }

    /// <summary>Automatic failover is paused in the whole cluster.</summary>
    public bool Paused { get; init; }

    /// <summary>The nodes for which it is paused: the rules leave them as they are, and none of them is promoted.</summary>
    public IReadOnlyList<string> PausedNodes { get => field ?? []; init; }

    /// <summary>The switchover that is to be carried out later; null: none is.</summary>
    public ScheduledSwitchover? Scheduled { get; init; }

    /// <summary>What would happen if a node died now.</summary>
    public IReadOnlyList<IfItDied> IfItDied { get => field ?? []; init; }
}

/// <summary>What would happen if a node died now.</summary>
/// <param name="Node">The node.</param>
/// <param name="Then">What would follow, in a sentence.</param>
/// <param name="NewPrimary">The node that would be primary; null: none.</param>
/// <param name="Seconds">After how many seconds at most it would begin to take its place.</param>
/// <param name="BytesAtRisk">How many bytes of WAL no other node that can be seen has; 0: nothing would be lost.</param>
public sealed record IfItDied(string Node, string Then, string? NewPrimary = null, double? Seconds = null, long? BytesAtRisk = null);
