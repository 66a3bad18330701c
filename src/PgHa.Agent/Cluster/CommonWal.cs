using System.Collections.Concurrent;
using PgHa.Client.Facts;
using PgHa.Formats;

namespace PgHa.Agent.Cluster;

/// <summary>
/// Up to where the WAL of two nodes was proven to be the same, remembered for as long as no server was started on either: WAL that has
/// been written is not rewritten by a server that runs on, so the next proof costs only what is new.
/// </summary>
public sealed class CommonWal
{
    private sealed record Proof(string Run, string OtherRun, TimelineId Timeline, Lsn Upto);

    private readonly ConcurrentDictionary<(string, string), Proof> _proofs = new(); // by the names of both, in their order

    /// <summary>Up to where they are known to be the same, whichever was compared with the other; zero where nothing is known.</summary>
    public Lsn Upto(WalPosition a, WalPosition b)
    {
        var (first, second) = Ordered(a, b);
        return _proofs.TryGetValue((first.Node, second.Node), out var proof) && proof.Run == first.Run && proof.OtherRun == second.Run
            && OnLine(first, proof) && OnLine(second, proof) ? proof.Upto : Lsn.Zero;
    }

    /// <summary>Remembers a proof.</summary>
    public void Remember(WalPosition a, WalPosition b, WalAncestry verdict)
    {
        ArgumentNullException.ThrowIfNull(verdict);
        var (first, second) = Ordered(a, b);
        if (first.Run is { } run && second.Run is { } other && verdict.Kinship is WalKinship.Identical or WalKinship.Behind or WalKinship.Ahead)
            _proofs[(first.Node, second.Node)] = new(run, other, first.Timeline <= second.Timeline ? first.Timeline : second.Timeline, verdict.CommonEnd);
    }

    /// <summary>Forgets a proof; whether there was one.</summary>
    public bool Forget(WalPosition a, WalPosition b)
    {
        var (first, second) = Ordered(a, b);
        return _proofs.TryRemove((first.Node, second.Node), out _);
    }

    private static (WalPosition First, WalPosition Second) Ordered(WalPosition a, WalPosition b)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        return string.CompareOrdinal(a.Node, b.Node) <= 0 ? (a, b) : (b, a);
    }

    /// <summary>The line goes through the timeline of the proof, and leaves it no earlier than the proof reaches.</summary>
    private static bool OnLine(WalPosition position, Proof proof) =>
        position.End >= proof.Upto && position.Lineage.Any(s => s.Timeline == proof.Timeline && (s.End is not { } end || end >= proof.Upto));
}
