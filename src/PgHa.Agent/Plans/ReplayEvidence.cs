using PgHa.Agent.Cluster;
using PgHa.Client.Facts;

namespace PgHa.Agent.Plans;

/// <summary>A standby that a plan only points elsewhere, or leaves as it is, replays nothing.</summary>
/// <param name="Node">The standby.</param>
/// <param name="Problem">Why not.</param>
/// <param name="Short">Its limits that are too low; none if it can go on.</param>
public sealed record DoesNotReplay(string Node, string Problem, Several<ShortLimit> Short) : Evidence
{
    /// <inheritdoc />
    public override string Words => $"{Node}: {Problem}{(Short.Count > 0 ? $"; {ReplayRules.Restart(Node, Short)}" : "")}";
}

/// <summary>Replay is paused on a node that is promoted.</summary>
/// <param name="Node">The node.</param>
public sealed record ReplayIsPaused(string Node) : Evidence
{
    /// <inheritdoc />
    public override string Words => $"replay is paused on {Node}: the promotion ends that, and all is replayed first";
}

/// <summary>A node that is promoted replays with a delay.</summary>
/// <param name="Node">The node.</param>
/// <param name="Delay"><c>recovery_min_apply_delay</c> as it is set.</param>
public sealed record ReplayIsDelayed(string Node, string Delay) : Evidence
{
    /// <inheritdoc />
    public override string Words => $"recovery_min_apply_delay of {Node} is {Delay}: what it holds back is replayed before it is promoted";
}

/// <summary>A node that is promoted asks an archive first.</summary>
/// <param name="Node">The node.</param>
public sealed record AsksArchive(string Node) : Evidence
{
    /// <inheritdoc />
    public override string Words => $"restore_command is set on {Node}: before it is promoted it asks the archive for more WAL and for newer timelines; it waits as long as that takes";
}

/// <summary>A node that is promoted runs a command first.</summary>
/// <param name="Node">The node.</param>
public sealed record EndsWithCommand(string Node) : Evidence
{
    /// <inheritdoc />
    public override string Words => $"recovery_end_command is set on {Node}: it is promoted when that has ended";
}
