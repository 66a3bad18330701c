using PgHa.Agent.Cluster;

namespace PgHa.Agent.Plans;

/// <summary>An operator answers for a node now.</summary>
public sealed record ForcedByOperator : Evidence
{
    /// <inheritdoc />
    public override string Words => "the operator's force answers for it";
}

/// <summary>Somebody answered for a node when the operation began that is undone or taken up.</summary>
public sealed record AnsweredBefore : Evidence
{
    /// <inheritdoc />
    public override string Words => "it was answered for when the operation began";
}

/// <summary>Whoever gives a step names the node: an operator, or the plan that begins with one.</summary>
public sealed record NamedByStep : Evidence
{
    /// <inheritdoc />
    public override string Words => "the step names it";
}

/// <summary>The primary that ran when the operation began is brought back, so that no other node holds anything newer.</summary>
public sealed record AnotherServedBefore : Evidence
{
    /// <inheritdoc />
    public override string Words => "another node was primary when the operation began, and serves again";
}

/// <summary>The cluster is only being made, and the node was seen empty.</summary>
public sealed record SeenEmpty : Evidence
{
    /// <inheritdoc />
    public override string Words => "it was seen empty, and the cluster is only being made";
}

/// <summary>The last primary is known, so that no other node holds anything newer.</summary>
/// <param name="Writer">The last primary.</param>
public sealed record WriterIsKnown(string Writer) : Evidence
{
    /// <inheritdoc />
    public override string Words => $"the writer is {Writer}, and its successor gets all that it wrote";
}

/// <summary>A node holds the record in etcd: whoever held it before was stopped by its guard, or gave it up, and no other node may write.</summary>
/// <param name="Holder">The node that holds it.</param>
/// <param name="Epoch">Its epoch.</param>
public sealed record HoldsRecord(string Holder, long Epoch) : Evidence
{
    /// <inheritdoc />
    public override string Words => $"{Holder} holds the record in etcd (epoch {Epoch}): no other node may write";
}
