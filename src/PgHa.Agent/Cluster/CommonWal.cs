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

    private readonly ConcurrentDictionary<(string, string), Proof> _proofs = new();

    /// <summary>Up to where they are known to be the same; zero where nothing is known.</summary>
    public Lsn Upto(WalPosition a, WalPosition b)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        return _proofs.TryGetValue((a.Node, b.Node), out var proof) && proof.Run == a.Run && proof.OtherRun == b.Run
            && OnLine(a, proof) && OnLine(b, proof) ? proof.Upto : Lsn.Zero;
    }

    /// <summary>Remembers a proof.</summary>
    public void Remember(WalPosition a, WalPosition b, WalAncestry verdict)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        ArgumentNullException.ThrowIfNull(verdict);
        if (a.Run is { } run && b.Run is { } other && verdict.Kinship is WalKinship.Identical or WalKinship.Behind or WalKinship.Ahead)
            _proofs[(a.Node, b.Node)] = new(run, other, a.Timeline, verdict.CommonEnd);
    }

    /// <summary>Forgets a proof; whether there was one.</summary>
    public bool Forget(WalPosition a, WalPosition b)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        return _proofs.TryRemove((a.Node, b.Node), out _);
    }

    /// <summary>The line goes through the timeline of the proof, and leaves it no earlier than the proof reaches.</summary>
    private static bool OnLine(WalPosition position, Proof proof) =>
        position.End >= proof.Upto && position.Lineage.Any(s => s.Timeline == proof.Timeline && (s.End is not { } end || end >= proof.Upto));
}
