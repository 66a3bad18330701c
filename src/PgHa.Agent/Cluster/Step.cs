using PgHa.Client;

namespace PgHa.Agent.Cluster;

/// <summary>
/// One thing one node does: an API call that an operator could make by hand. Its words and its path stand here and nowhere else;
/// logs, dry runs, operations and documents take them from here.
/// </summary>
/// <param name="Node">The node that acts.</param>
public abstract record Step(string Node)
{
    /// <summary>Instead of the id of an operation: it is only looked at, holds no lock, and no node changes anything for it.</summary>
    public const string DryRun = "dry-run";

    /// <summary>What it does, in words.</summary>
    public abstract string Words { get; }

    /// <summary>The call, below <c>/api/pg/v2/node/</c>.</summary>
    public abstract string Path { get; }

    /// <summary>How far an operation has come once this step has begun.</summary>
    public virtual Reach Reach => Reach.Reversible;

    /// <summary>From this step on the node may accept writes: nothing is undone after it.</summary>
    public bool Final => Reach == Reach.MayBeWritable;

    /// <summary>Whether it changes what the node is, or holds (<see cref="Reach.Untouched"/>).</summary>
    public bool Changes => Reach > Reach.Untouched;

    /// <summary>It only finds out whether what comes later can be done: a dry run carries it out, too.</summary>
    public bool Checks => this is CheckStep;

    /// <summary>Past this it is broken off.</summary>
    public virtual TimeSpan Bound => TimeSpan.FromMinutes(15);

    /// <summary>The call as an operator would type it.</summary>
    public string Curl(Uri agent, bool secured)
    {
        ArgumentNullException.ThrowIfNull(agent);
        return CurlLine.Of("POST", $"{agent.GetLeftPart(UriPartial.Authority)}{Routes.V2}/node/{Path}", secured);
    }
}

/// <summary>Stop the server: fast, and verified by process and control file.</summary>
/// <param name="Node">The node that acts.</param>
/// <param name="UntilShutDown">
/// Done as soon as the control file says "shut down": nothing is written any more, and an archiver that is slow is not waited for (fact 12).
/// </param>
public sealed record StopServer(string Node, bool UntilShutDown = false) : Step(Node)
{
    /// <inheritdoc />
    public override string Words => UntilShutDown ? $"stop {Node}, without waiting for its archiver" : $"stop {Node}";

    /// <inheritdoc />
    public override string Path => UntilShutDown ? "stop?until=shut-down" : "stop";
}

/// <summary>Start the server as its data directory says it was: with <c>standby.signal</c>, without touching anything.</summary>
public sealed record StartInRecovery(string Node) : Step(Node)
{
    /// <inheritdoc />
    public override string Words => $"start {Node} in recovery, as it is";

    /// <inheritdoc />
    public override string Path => "start?as=recovery";
}

/// <summary>Start the server as standby of another node.</summary>
/// <param name="Node">The node that acts.</param>
/// <param name="Upstream">The node it is to stream from.</param>
public sealed record StartAsStandby(string Node, string Upstream) : Step(Node)
{
    /// <inheritdoc />
    public override string Words => $"start {Node} as standby of {Upstream}";

    /// <inheritdoc />
    public override string Path => $"start?as=standby&upstream={Upstream}";
}

/// <summary>Start the server without <c>standby.signal</c>, after proving once more that it may become writable.</summary>
/// <param name="Node">The node that acts.</param>
/// <param name="Accepted">Nodes an operator's force answers for.</param>
/// <param name="PrimaryKnown">It succeeds a primary that is one of the nodes: a standby that streams from elsewhere knows that one by another name.</param>
public sealed record StartAsPrimary(string Node, IReadOnlyList<string> Accepted, bool PrimaryKnown = false) : Step(Node)
{
    /// <inheritdoc />
    public override string Words => $"start {Node} as primary";

    /// <inheritdoc />
    public override string Path => "start?as=primary" + StepPath.Accept(Accepted) + (PrimaryKnown ? "&primary=known" : "");

    /// <inheritdoc />
    public override Reach Reach => Reach.MayBeWritable;
}

/// <summary>Promote the running standby, after proving once more that it may become writable.</summary>
/// <param name="Node">The node that acts.</param>
/// <param name="Accepted">Nodes an operator's force answers for.</param>
public sealed record PromoteServer(string Node, IReadOnlyList<string> Accepted) : Step(Node)
{
    /// <inheritdoc />
    public override string Words => $"promote {Node}";

    /// <inheritdoc />
    public override string Path => "promote" + StepPath.Accept(Accepted).Replace('&', '?');

    /// <inheritdoc />
    public override Reach Reach => Reach.MayBeWritable;
}

/// <summary>Point a running standby at another node by reload.</summary>
/// <param name="Node">The node that acts.</param>
/// <param name="Upstream">The node it is to stream from.</param>
public sealed record Follow(string Node, string Upstream) : Step(Node)
{
    /// <inheritdoc />
    public override string Words => $"point {Node} at {Upstream} by reload";

    /// <inheritdoc />
    public override string Path => $"follow?upstream={Upstream}";
}

/// <summary>Copy the WAL a stopped node misses from another node's agent, verified.</summary>
/// <param name="Node">The node that acts.</param>
/// <param name="Source">The node that holds the WAL.</param>
public sealed record CompleteWal(string Node, string Source) : Step(Node)
{
    /// <inheritdoc />
    public override string Words => $"complete the WAL of {Node} from {Source}";

    /// <inheritdoc />
    public override string Path => $"complete?source={Source}";
}

/// <summary>Copy from the other nodes' agents what streaming cannot bring to a stopped node: histories and single segments, verified (fact 46).</summary>
/// <param name="Node">The node that acts.</param>
/// <param name="Upstream">The node it is to stream from afterwards.</param>
public sealed record BringWal(string Node, string Upstream) : Step(Node)
{
    /// <inheritdoc />
    public override string Words => $"bring {Node} the WAL that streaming from {Upstream} cannot bring";

    /// <inheritdoc />
    public override string Path => $"bring?upstream={Upstream}";

    /// <inheritdoc />
    public override TimeSpan Bound => TimeSpan.FromHours(2);
}

/// <summary>Run a stopped node as a standby until it has replayed all WAL it holds, then stop it (facts 1 and 2).</summary>
/// <param name="Node">The node that acts.</param>
public sealed record ReplayWal(string Node) : Step(Node)
{
    /// <inheritdoc />
    public override string Words => $"let {Node} replay all its WAL as a standby and stop it";

    /// <inheritdoc />
    public override string Path => "replay";
}

/// <summary>A step that changes nothing at all, on no node: it needs no lock.</summary>
/// <param name="Node">The node that looks.</param>
public abstract record CheckStep(string Node) : Step(Node)
{
    /// <inheritdoc />
    public sealed override Reach Reach => Reach.Untouched;
}

/// <summary>Check that this node could follow another: logins for replication and SQL, parameters. Changes nothing.</summary>
/// <param name="Node">The node that acts.</param>
/// <param name="Upstream">The node it would follow.</param>
public sealed record CheckUpstream(string Node, string Upstream) : CheckStep(Node)
{
    /// <inheritdoc />
    public override string Words => $"check that {Node} could follow {Upstream}";

    /// <inheritdoc />
    public override string Path => $"check?upstream={Upstream}";
}

/// <summary>Check that the archive of this node's restore_command goes on where its WAL ends, because its upstream does not hold that any more. Changes nothing.</summary>
/// <param name="Node">The node that acts.</param>
/// <param name="Upstream">The node it would follow.</param>
public sealed record CheckArchive(string Node, string Upstream) : CheckStep(Node)
{
    /// <inheritdoc />
    public override string Words => $"check that the archive of {Node} holds what {Upstream} does not hold any more";

    /// <inheritdoc />
    public override string Path => $"check-archive?upstream={Upstream}";
}

/// <summary>Check that this node's configuration lets it run in recovery (facts 5 and 7). Changes nothing.</summary>
/// <param name="Node">The node that acts.</param>
public sealed record CheckRecovery(string Node) : CheckStep(Node)
{
    /// <inheritdoc />
    public override string Words => $"check that {Node} could run in recovery";

    /// <inheritdoc />
    public override string Path => "check";
}

/// <summary>Let the running server read its settings again, once it is known that it can.</summary>
public sealed record ReloadSettings(string Node) : Step(Node)
{
    /// <inheritdoc />
    public override string Words => $"reload the settings of {Node}";

    /// <inheritdoc />
    public override string Path => "reload";

    /// <inheritdoc />
    public override Reach Reach => Reach.Untouched;
}

/// <summary>A checkpoint while writes go on, so that the stop after it is short (fact 14).</summary>
public sealed record WriteCheckpoint(string Node) : Step(Node)
{
    /// <inheritdoc />
    public override string Words => $"checkpoint {Node}";

    /// <inheritdoc />
    public override string Path => "checkpoint";

    /// <inheritdoc />
    public override Reach Reach => Reach.Untouched;
}
