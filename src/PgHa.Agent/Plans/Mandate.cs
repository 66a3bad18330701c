using System.Diagnostics.CodeAnalysis;
using PgHa.Client.Facts;

namespace PgHa.Agent.Plans;

/// <summary>On whose word a request is carried out: what an operator answers for, and which operation it takes back or goes on with.</summary>
public sealed record Mandate
{
    /// <summary>Nobody answers for anything.</summary>
    public static Mandate None { get; } = new();

    /// <summary>The operator answers for what cannot be proven; never for a proven divergence.</summary>
    public bool Force { get; init; }

    /// <summary>Unknown nodes that the operation this request undoes had already answered for.</summary>
    public IReadOnlyList<string> Answered { get; init; } = [];

    /// <summary>The node has taken the record in etcd, so that no other one may write: that answers for nodes that cannot be asked. Null: a person decides.</summary>
    public HoldsRecord? Record { get; init; }

    /// <summary>Nodes that are not moved along with a new primary, because an operator has paused automatic failover for them.</summary>
    public IReadOnlyCollection<string> LeftAlone { get; init; } = [];

    /// <summary>It undoes an operation: serving again comes before any check.</summary>
    public bool IsUndo { get; init; }

    /// <summary>It brings back what served before an operation that is under way.</summary>
    public bool BringsBack { get; init; }

    /// <summary>An interrupted operation is taken up again: what it left half done (a node stopped, or running to replay) is no refusal.</summary>
    public bool Resumed { get; init; }

    /// <summary>What the operation that is taken up had demoted, or set, is taken back by whoever takes it up, too: its undo; null where there is none.</summary>
    public MandatedRequest? Inherited { get; init; }

    /// <summary>Who answers for those: force that comes later does not widen it.</summary>
    internal IReadOnlyList<Assurance> AssuredBefore => Assurance.OfJournal(Answered);

    /// <summary>For which of these nodes is answered.</summary>
    public IReadOnlyList<Assurance> Assure(IEnumerable<NodeObservation> nodes) => [.. nodes.Select(Assure).OfType<Assurance>()];

    /// <summary>Who undoes brings back the primary that ran when the operation began: data that cannot be read elsewhere holds nothing newer.</summary>
    private Assurance? Assure(NodeObservation node) =>
        Force ? new(node.Node, new ForcedByOperator())
        : Record is not null && (node is { Reachable: false } or { State: NodeState.Unknown } or { DataProblem: not null } or { MayBeWritable: true, Sql: not { InRecovery: false } }) ? new(node.Node, Record)
        : AssuredBefore.FirstOrDefault(a => a.Node == node.Node)
            ?? (IsUndo && node is { State: NodeState.Stopped, DataProblem: not null } ? new(node.Node, new AnotherServedBefore()) : null);
}

/// <summary>A request, and on whose word it is carried out.</summary>
/// <param name="Request">What is asked for.</param>
/// <param name="Mandate">On whose word.</param>
public sealed record MandatedRequest(ChangeRequest Request, Mandate Mandate)
{
    /// <summary>The request in words.</summary>
    public string Words => Request.Words;

    /// <summary>It only stops servers, or brings back what served before: agents that disagree about the cluster need not stand in its way.</summary>
    public bool Regardless => Mandate.BringsBack || Request.OnlyStops;

    /// <summary>The same as an undo of the operation that is under way.</summary>
    public MandatedRequest AsUndo() => this with { Mandate = Mandate with { IsUndo = true } };

    /// <summary>A request for which nobody answers.</summary>
    [return: NotNullIfNotNull(nameof(request))]
    public static MandatedRequest? FromChangeRequest(ChangeRequest? request) => request?.Under(Mandate.None);

    /// <summary>A request for which nobody answers.</summary>
    [return: NotNullIfNotNull(nameof(request))]
    public static implicit operator MandatedRequest?(ChangeRequest? request) => FromChangeRequest(request);
}
