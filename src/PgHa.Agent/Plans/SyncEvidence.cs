using PgHa.Agent.Cluster;

namespace PgHa.Agent.Plans;

/// <summary>Why a new primary's <c>synchronous_standby_names</c> are looked at.</summary>
/// <param name="Kind">Whose setting it is, and what is the matter with it.</param>
/// <param name="Node">The node that has it.</param>
/// <param name="Names">The setting.</param>
public sealed record SyncCause(SyncCauseKind Kind, string Node, string Names)
{
    internal string Words => Kind switch
    {
        SyncCauseKind.LastPrimary => $"synchronous_standby_names of {Node} is {Names}",
        SyncCauseKind.NamesItself => $"the synchronous_standby_names of {Node} names itself",
        _ => $"{Node} has synchronous_standby_names {Names}",
    };
}

/// <summary>Whose setting is looked at.</summary>
public enum SyncCauseKind
{
    /// <summary>The last primary's: its successor gets it.</summary>
    LastPrimary,

    /// <summary>The new primary's own, which names the new primary.</summary>
    NamesItself,

    /// <summary>The new primary's own.</summary>
    Own,
}

/// <summary>A new primary waits for no standby, because none is named.</summary>
/// <param name="Cause">Why.</param>
/// <param name="Node">The new primary.</param>
public sealed record SyncGetsNone(SyncCause Cause, string Node) : Evidence
{
    /// <inheritdoc />
    public override string Words => $"{Cause.Words}: no other standby is named, so {Node} gets none";
}

/// <summary>A new primary gets its setting only when enough standbys stream.</summary>
/// <param name="Cause">Why.</param>
/// <param name="Node">The new primary.</param>
/// <param name="Following">Its standbys, when the change is done.</param>
/// <param name="Later">What it gets then.</param>
public sealed record SyncComesLater(SyncCause Cause, string Node, Several<string> Following, SyncNames Later) : Evidence
{
    /// <inheritdoc />
    public override string Words => $"{Cause.Words}: commits on {Node} would wait for ever with {(Following.Count == 0 ? "no standby" : Following)}; it gets {Later} as soon as enough standbys stream";
}

/// <summary>A new primary has the right setting already.</summary>
/// <param name="Cause">Why.</param>
/// <param name="Node">The new primary.</param>
/// <param name="Own">Its setting.</param>
public sealed record SyncIsRight(SyncCause Cause, string Node, string Own) : Evidence
{
    /// <inheritdoc />
    public override string Words => $"{Cause.Words}; {Node} has {Own}";
}

/// <summary>A new primary gets a setting.</summary>
/// <param name="Cause">Why.</param>
/// <param name="Node">The new primary.</param>
/// <param name="Names">The setting.</param>
public sealed record SyncIsSet(SyncCause Cause, string Node, SyncNames Names) : Evidence
{
    /// <inheritdoc />
    public override string Words => $"{Cause.Words}: {Node} gets {Names}";
}

/// <summary>A new primary's own setting stays.</summary>
/// <param name="Node">The new primary.</param>
/// <param name="Own">Its setting.</param>
public sealed record SyncStays(string Node, string Own) : Evidence
{
    /// <inheritdoc />
    public override string Words => $"synchronous_standby_names of {Node} stays {Own}";
}

/// <summary>The new primary's agent sets it by itself.</summary>
/// <param name="Node">The new primary.</param>
public sealed record SyncIsManaged(string Node) : Evidence
{
    /// <inheritdoc />
    public override string Words => $"synchronous_standby_names of {Node} is set by its agent (failover.sync)";
}

/// <summary>The last primary's setting is of a form that is not known.</summary>
/// <param name="Primary">The last primary.</param>
/// <param name="Names">Its setting.</param>
public sealed record SyncNotUnderstood(string Primary, string Names) : Evidence
{
    /// <inheritdoc />
    public override string Words => $"synchronous_standby_names of {Primary} is not understood and left alone: {Names}";
}

/// <summary>Consumers of failover slots of a new primary wait for nodes that are away.</summary>
/// <param name="Node">The new primary.</param>
/// <param name="Away">The nodes that are waited for.</param>
public sealed record ConsumersWait(string Node, Several<string> Away) : Evidence
{
    /// <inheritdoc />
    public override string Words => $"synchronized_standby_slots of {Node} names {Away}: consumers of failover slots wait until it streams, or until you take its slot out of the setting";
}
