using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;

namespace PgHa.Agent.Cluster;

/// <summary>Where a node's WAL ends.</summary>
/// <param name="Node">The node.</param>
/// <param name="End">The end of its last record.</param>
/// <param name="Timeline">The timeline it ends on.</param>
public sealed record EndOfWal(string Node, Lsn End, TimelineId Timeline)
{
    /// <summary>The end of a position.</summary>
    internal static EndOfWal Of(WalPosition position) => new(position.Node, position.End, position.Timeline);
}

/// <summary>What a node holds of its WAL.</summary>
/// <param name="Node">The node.</param>
/// <param name="Ranges">Its WAL without a gap each, the oldest first.</param>
public sealed record WalHeld(string Node, Several<WalRange> Ranges)
{
    /// <summary>All that a position tells of.</summary>
    internal static WalHeld Of(WalPosition position) => new(position.Node, [.. position.Older.Reverse(), new(position.Oldest, position.End)]);

    /// <summary>The ranges for a sentence.</summary>
    internal string Words => string.Join(" and ", Ranges.Select(r => $"{r.From} to {r.To}"));
}

/// <summary>Two nodes hold the same bytes of WAL, up to where both nominally went the same way.</summary>
/// <param name="From">The first byte that was compared.</param>
/// <param name="To">Up to where they are the same.</param>
/// <param name="Hash">The XXH128 of both.</param>
/// <param name="Here">Where the first node ends.</param>
/// <param name="There">Where the other node ends.</param>
public sealed record WalEqual(Lsn From, Lsn To, string Hash, EndOfWal Here, EndOfWal There) : Evidence
{
    /// <inheritdoc />
    public override string Words => $"WAL equal from {From} to {To} (XXH128 {Hash}); {Here.Node} ends at {Here.End} on timeline {Here.Timeline}, "
        + $"{There.Node} at {There.End} on timeline {There.Timeline}";
}

/// <summary>Two nodes hold different bytes of WAL in a range that both nominally went through.</summary>
/// <param name="Here">The XXH128 of the first node over the range.</param>
/// <param name="There">That of the other.</param>
/// <param name="Node">The first node.</param>
/// <param name="Other">The other node.</param>
public sealed record WalDiffers(string Node, string Other, WalDigest Here, WalDigest There) : Evidence
{
    /// <inheritdoc />
    public override string Words => $"the WAL of {Node} and {Other} differs between {Here.From} and {Here.To} (XXH128 {Here.Hash} and {There.Hash})";
}

/// <summary>Where two nodes part, and what only one of them holds.</summary>
/// <param name="Node">The first node.</param>
/// <param name="Other">The other node.</param>
/// <param name="At">Up to where they are the same.</param>
/// <param name="Here">What only the first node holds.</param>
/// <param name="There">What only the other node holds.</param>
public sealed record WalParted(string Node, string Other, Lsn At, WalTail Here, WalTail There) : Evidence
{
    /// <inheritdoc />
    public override string Words => $"they are the same up to {At}; there {Node} holds {Here}; {Other} holds {There}";
}

/// <summary>Two nodes differ from the oldest WAL on that both hold: where they part is not to be seen any more.</summary>
/// <param name="Node">The first node.</param>
/// <param name="Other">The other node.</param>
/// <param name="At">The oldest position that both hold.</param>
public sealed record WalPartedEarlier(string Node, string Other, Lsn At) : Evidence
{
    /// <inheritdoc />
    public override string Words => $"the WAL of {Node} and {Other} differs already at {At}, where the WAL that both hold begins: they part there or earlier";
}

/// <summary>Two nodes are of different clusters.</summary>
/// <param name="Node">The first node.</param>
/// <param name="System">Its system identifier.</param>
/// <param name="Other">The other node.</param>
/// <param name="OtherSystem">That of the other node.</param>
public sealed record OtherCluster(string Node, string System, string Other, string OtherSystem) : Evidence
{
    /// <inheritdoc />
    public override string Words => $"{Node} belongs to cluster {System}, {Other} to {OtherSystem}";
}

/// <summary>Two nodes hold no WAL any more that could be compared.</summary>
/// <param name="Here">What the first node holds.</param>
/// <param name="There">What the other node holds.</param>
/// <param name="Before">Up to where they nominally went the same way.</param>
public sealed record NoCommonWal(WalHeld Here, WalHeld There, Lsn Before) : Evidence
{
    /// <inheritdoc />
    public override string Words => $"{Here.Node} holds WAL from {Here.Words}, {There.Node} from {There.Words}: no common WAL to compare before {Before}";
}

/// <summary>A node cannot say what WAL it holds.</summary>
/// <param name="Node">The node.</param>
/// <param name="Why">Why not; null if it was not asked.</param>
public sealed record WalUnread(string Node, Refusal? Why) : Evidence
{
    /// <inheritdoc />
    public override string Words => $"the WAL of {Node} cannot be read: {Why?.Message ?? "it was not asked"}";
}

/// <summary>Two nodes say what WAL they hold, and one could not digest it.</summary>
/// <param name="Why">Why not.</param>
public sealed record WalNotCompared(Refusal Why) : Evidence
{
    /// <inheritdoc />
    public override string Words => $"their WAL could not be compared: {Why.Message}";
}

/// <summary>A decision did not ask for the WAL of a node.</summary>
/// <param name="Node">The node.</param>
public sealed record WalNotAsked(string Node) : Evidence
{
    /// <inheritdoc />
    public override string Words => $"the WAL of {Node} was not asked for";
}
