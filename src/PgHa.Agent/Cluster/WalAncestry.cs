using PgHa.Client.Facts;
using PgHa.Formats;

namespace PgHa.Agent.Cluster;

/// <summary>How the WAL of one node relates to that of another.</summary>
public enum WalKinship
{
    /// <summary>Both hold the same WAL to the same end.</summary>
    Identical,

    /// <summary>The first node's WAL is a true beginning of the second's.</summary>
    Behind,

    /// <summary>The second node's WAL is a true beginning of the first's.</summary>
    Ahead,

    /// <summary>Each holds WAL that the other does not.</summary>
    Forked,

    /// <summary>They no longer hold enough common WAL to tell, or one could not be asked.</summary>
    NotProvable,
}

/// <summary>
/// The verdict on two nodes, with what it rests on. It comes from the WAL's bytes: the lineages say up to where both nominally went
/// the same way, and equal digests over everything both still hold up to there prove that they did.
/// </summary>
/// <param name="Node">The first node.</param>
/// <param name="Other">The node it is compared with.</param>
/// <param name="Kinship">The verdict, seen from <paramref name="Node"/>.</param>
/// <param name="CommonEnd">Up to where both are the same; with <see cref="WalKinship.Forked"/> where they part.</param>
/// <param name="Evidence">What it rests on.</param>
public sealed record WalAncestry(string Node, string Other, WalKinship Kinship, Lsn CommonEnd, Evidence Evidence)
{
    /// <summary>How much WAL is compared at most, counted back from the common end.</summary>
    public const ulong Bound = 1UL << 30;

    /// <summary>With <see cref="WalKinship.Forked"/>: where they part is not seen: they differ already where the WAL that both hold begins, or the first difference could not be read.</summary>
    public bool PartsEarlier { get; init; }

    /// <summary>From where on WAL may exist on the first node only. Where it is not known where they part, all that is here may.</summary>
    /// <param name="own">The first node's WAL.</param>
    public Lsn OnlyHereFrom(WalPosition own)
    {
        ArgumentNullException.ThrowIfNull(own);
        return Kinship == WalKinship.NotProvable || PartsEarlier ? own.Oldest : CommonEnd;
    }

    /// <summary>With <see cref="WalKinship.Ahead"/> and <see cref="WalKinship.Forked"/>: what exists only on the first node.</summary>
    public WalTail? OnlyHere { get; init; }

    /// <summary>With <see cref="WalKinship.Forked"/>: what exists only on the other node.</summary>
    public WalTail? OnlyThere { get; init; }

    private const ulong Overlap = 1 << 16;

    /// <summary>A verdict that could not be reached.</summary>
    public static WalAncestry Unproven(string node, string other, Evidence why) =>
        new(node, other, WalKinship.NotProvable, Lsn.Zero, why);

    /// <summary>The range both nodes have to digest before <see cref="Judge"/> can tell; null where they hold none in common.</summary>
    /// <param name="a">The first node.</param>
    /// <param name="b">The other.</param>
    /// <param name="known">Up to where they are known to be the same.</param>
    public static (Lsn From, Lsn To)? RangeToCompare(WalPosition a, WalPosition b, Lsn known = default)
    {
        var end = NominalEnd(a, b);
        // It may lie on the older side of a hole: what counts is what both hold right before it.
        if (a.SystemIdentifier != b.SystemIdentifier || a.HeldBefore(end) is not { } mine || b.HeldBefore(end) is not { } theirs)
            return null;
        var held = Lsn.Max(Lsn.Max(mine.From, theirs.From), ShortlyBefore(Lsn.Min(known, end)));
        var from = end.Value > Bound ? Lsn.Max(held, new Lsn(end.Value - Bound)) : held;
        return from < end ? (from, end) : null;
    }

    /// <summary>
    /// What is remembered is looked at once more at its end: a walreceiver writes the segment it starts in anew, so that WAL of a fork on
    /// one timeline may have taken the place of what had been compared.
    /// </summary>
    private static Lsn ShortlyBefore(Lsn known) => known.Value > Overlap ? new(known.Value - Overlap) : Lsn.Zero;

    /// <summary>The verdict, from both positions and both digests over <see cref="RangeToCompare"/>.</summary>
    public static WalAncestry Judge(WalPosition a, WalPosition b, WalDigest? ofA, WalDigest? ofB)
    {
        if (a.SystemIdentifier != b.SystemIdentifier)
            return new(a.Node, b.Node, WalKinship.Forked, Lsn.Zero, new OtherCluster(a.Node, a.SystemIdentifier, b.Node, b.SystemIdentifier));
        var end = NominalEnd(a, b);
        if (ofA?.Hash is null || ofB?.Hash is null)
            return Unproven(a.Node, b.Node, new NoCommonWal(WalHeld.Of(a), WalHeld.Of(b), end));
        if (ofA.Hash != ofB.Hash)
            return new(a.Node, b.Node, WalKinship.Forked, ofA.From, new WalDiffers(a.Node, b.Node, ofA, ofB));
        return new(a.Node, b.Node, Compare(a.End == end, b.End == end), end, new WalEqual(ofA.From, end, ofA.Hash, EndOfWal.Of(a), EndOfWal.Of(b)));
    }

    /// <summary>Names what exists on one side only; the nodes part where the first of those records begins.</summary>
    public WalAncestry Parted(WalTail here, WalTail there)
    {
        ArgumentNullException.ThrowIfNull(here);
        ArgumentNullException.ThrowIfNull(there);
        var at = here.First is null ? there.From : there.First is null ? here.From : Lsn.Min(here.From, there.From);
        return this with
        {
            CommonEnd = at,
            OnlyHere = here,
            OnlyThere = there,
            Evidence = new WalParted(Node, Other, at, here, there),
        };
    }

    /// <summary>Whether the record before the first one that differs was compared, too: else nobody knows whether that one was the same.</summary>
    /// <param name="from">The first byte that was compared.</param>
    internal bool IsSeenFrom(Lsn from) => OnlyHere?.First is { } here && here.Prev >= from || OnlyThere?.First is { } there && there.Prev >= from;

    /// <summary>They differ in the first whole record that was compared.</summary>
    internal WalAncestry PartedEarlier(Lsn from) => this with { PartsEarlier = true, Evidence = new WalPartedEarlier(Node, Other, from) };

    private static WalKinship Compare(bool endsHere, bool otherEndsHere) => (endsHere, otherEndsHere) switch
    {
        (true, true) => WalKinship.Identical,
        (true, false) => WalKinship.Behind,
        (false, true) => WalKinship.Ahead,
        _ => WalKinship.Forked,
    };

    /// <summary>Up to where both lineages went through the same timelines: no further than the shorter of both.</summary>
    internal static Lsn NominalEnd(WalPosition a, WalPosition b)
    {
        var end = Lsn.Zero;
        foreach (var (mine, theirs) in a.Lineage.Zip(b.Lineage))
        {
            if (mine.Timeline != theirs.Timeline || mine.Begin != theirs.Begin)
                break;
            end = Lsn.Min(mine.End ?? a.End, theirs.End ?? b.End);
            if (mine.End != theirs.End)
                break;
        }
        return Lsn.Min(end, Lsn.Min(a.End, b.End));
    }
}
