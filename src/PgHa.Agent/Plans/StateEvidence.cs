using PgHa.Agent.Cluster;

namespace PgHa.Agent.Plans;

/// <summary>The server of a node runs already.</summary>
/// <param name="Node">The node.</param>
public sealed record RunsAlready(string Node) : Evidence
{
    /// <inheritdoc />
    public override string Words => $"{Node} runs";
}

/// <summary>A node is writable already.</summary>
/// <param name="Node">The node.</param>
public sealed record IsWritable(string Node) : Evidence
{
    /// <inheritdoc />
    public override string Words => $"{Node} is writable";
}

/// <summary>A node is the only one that is writable already.</summary>
/// <param name="Node">The node.</param>
public sealed record IsOnlyWritable(string Node) : Evidence
{
    /// <inheritdoc />
    public override string Words => $"{Node} is writable and no other node is";
}

/// <summary>A node is primary already.</summary>
/// <param name="Node">The node.</param>
public sealed record IsPrimary(string Node) : Evidence
{
    /// <inheritdoc />
    public override string Words => $"{Node} is primary already";
}

/// <summary>A primary is restarted in place: nobody else may take its place meanwhile.</summary>
/// <param name="Node">The node.</param>
public sealed record StaysPrimary(string Node) : Evidence
{
    /// <inheritdoc />
    public override string Words => $"{Node} is primary, and is primary again after its restart, on the same timeline";
}

/// <summary>A node was told to become primary, and is not yet.</summary>
/// <param name="Node">The node.</param>
public sealed record ToldToBecomePrimary(string Node) : Evidence
{
    /// <inheritdoc />
    public override string Words => $"{Node} was told to become primary already";
}

/// <summary>A node streams already.</summary>
/// <param name="Node">The node.</param>
/// <param name="Upstream">From this one.</param>
public sealed record StreamsFrom(string Node, string Upstream) : Evidence
{
    /// <inheritdoc />
    public override string Words => $"{Node} streams from {Upstream}";
}

/// <summary>A demoted node that starts has no primary to follow.</summary>
/// <param name="Node">The node.</param>
public sealed record WillWait(string Node) : Evidence
{
    /// <inheritdoc />
    public override string Words => $"{Node} has standby.signal and no primary runs: it starts in recovery and waits";
}

/// <summary>All that was to be stopped is stopped already.</summary>
public sealed record NothingRuns : Evidence
{
    /// <inheritdoc />
    public override string Words => "nothing is left to stop";
}

/// <summary>No server runs that could be told anything.</summary>
public sealed record NoServerRuns : Evidence
{
    /// <inheritdoc />
    public override string Words => "no server runs: settings are read at the start";
}

/// <summary>A running primary has the mark of a demoted node.</summary>
/// <param name="Node">The node.</param>
public sealed record RunsDemoted(string Node) : Evidence
{
    /// <inheritdoc />
    public override string Words => $"{Node} has standby.signal: its next start would be in recovery";
}

/// <summary>A node that an operation demoted keeps the mark.</summary>
/// <param name="Node">The node.</param>
public sealed record StaysDemoted(string Node) : Evidence
{
    /// <inheritdoc />
    public override string Words => $"{Node} is left as it is: it is not stopped any more, or another node may be writable";
}

/// <summary>A node whose data cannot be read is not started.</summary>
/// <param name="Node">The node.</param>
/// <param name="Problem">Why it cannot be read.</param>
public sealed record LeftAsItIs(string Node, string Problem) : Evidence
{
    /// <inheritdoc />
    public override string Words => $"{Node} is left as it is: {Problem}";
}

/// <summary>The data of a node cannot be used, and is replaced.</summary>
/// <param name="Node">The node.</param>
/// <param name="Problem">What is the matter with it.</param>
public sealed record DataUnusable(string Node, string Problem) : Evidence
{
    /// <inheritdoc />
    public override string Words => Problem;
}

/// <summary>No node that can be reached holds data.</summary>
/// <param name="Nodes">Those that can be reached.</param>
/// <param name="Node">The node that gets a new cluster.</param>
/// <param name="FreeBytes">The room for it.</param>
public sealed record NoDataOn(Several<string> Nodes, string Node, long FreeBytes) : Evidence
{
    /// <inheritdoc />
    public override string Words => $"no data on {Nodes}; {PlaceRules.Megabytes(FreeBytes)} free on {Node}";
}

/// <summary>A node is empty, and another can be copied.</summary>
/// <param name="Node">The empty node.</param>
/// <param name="FreeBytes">The room on it.</param>
/// <param name="Source">The node that is copied.</param>
/// <param name="System">Its system identifier.</param>
public sealed record CanBeCloned(string Node, long FreeBytes, string Source, string? System) : Evidence
{
    /// <inheritdoc />
    public override string Words => $"{Node} holds no data, {PlaceRules.Megabytes(FreeBytes)} are free there; {Source} runs with system identifier {System}";
}

/// <summary>A standby that is promised to stream replays with a delay.</summary>
/// <param name="Node">The node.</param>
public sealed record IsNotWaitedFor(string Node) : Evidence
{
    /// <inheritdoc />
    public override string Words => $"{Node} replays with a delay (recovery_min_apply_delay): it is not waited for";
}

/// <summary>An operation that only waits for its outcome holds no locks.</summary>
public sealed record LocksGivenBack : Evidence
{
    /// <inheritdoc />
    public override string Words => "the locks were given back while only the outcome was waited for";
}
