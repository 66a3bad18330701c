using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;

namespace PgHa.Agent.Cluster;

/// <summary>Is told of every view.</summary>
public delegate void ViewSeen(ClusterView view);

/// <summary>Asks all nodes at once and puts their answers together; decides nothing.</summary>
public sealed class ClusterObserver(IReadOnlyList<INode> nodes, TimeProvider time, ViewSeen? seen = null)
{
    private readonly CommonWal _common = new();

    /// <summary>The nodes in configuration order.</summary>
    public IReadOnlyList<INode> Nodes { get; } = nodes;

    /// <summary>The node of that name.</summary>
    public INode this[string name] => Nodes.First(n => n.Name == name);

    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(100);

    /// <summary>Observes every node.</summary>
    public Task<ClusterView> ObserveAsync(bool fresh, CancellationToken cancel) => ObserveAsync(fresh, [], cancel);

    /// <summary>Observes every node.</summary>
    /// <param name="fresh">Not older than this call.</param>
    /// <param name="notWaitedFor">Nodes that need not answer: one that has not done so in a moment counts as out of reach.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async Task<ClusterView> ObserveAsync(bool fresh, IReadOnlyCollection<string> notWaitedFor, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(notWaitedFor);
        var view = new ClusterView(await Task.WhenAll(Nodes.Select(n => notWaitedFor.Contains(n.Name) ? InAMomentAsync(n, fresh, cancel) : n.ObserveAsync(fresh, cancel))));
        seen?.Invoke(view);
        return view;
    }

    private async Task<NodeObservation> InAMomentAsync(INode node, bool fresh, CancellationToken cancel)
    {
        try
        {
            return await node.ObserveAsync(fresh, cancel).WaitAsync(Moment, time, cancel);
        }
        catch (TimeoutException)
        {
            return NodeObservation.Unreachable(node.Name, $"no answer in {Moment.TotalMilliseconds} ms");
        }
    }

    /// <summary>
    /// Compares the WAL of every reachable node with that of the focus. A standby that is seen a moment later than its primary seems to be ahead of it: the primary is asked once more then.
    /// </summary>
    public async Task<WalView> CompareWalAsync(ClusterView view, string focus, CancellationToken cancel)
    {
        var asked = Nodes.Where(n => view[n.Name] is { Reachable: true, DataProblem: null }).ToArray();
        var answers = await Task.WhenAll(asked.Select(n => n.Wal.PositionAsync(cancel)));
        var positions = asked.Zip(answers).ToDictionary(p => p.First.Name, p => Of(p.First.Name, p.Second));
        var compared = await CompareAllAsync();
        if (view[focus].Writable && compared.Values.Any(v => v.Kinship == WalKinship.Ahead && view[v.Node].State == NodeState.Standby))
        {
            positions[focus] = Of(focus, await this[focus].Wal.PositionAsync(cancel));
            compared = await CompareAllAsync();
        }
        return new(focus, positions, compared);

        async Task<Dictionary<string, WalAncestry>> CompareAllAsync() =>
            (await Task.WhenAll(asked.Where(n => n.Name != focus).Select(n => CompareAsync(n.Name, focus, positions, cancel)))).ToDictionary(v => v.Node);
    }

    /// <summary>A node has the name that the configuration gives it, whatever its agent calls itself.</summary>
    private static Answer<WalPosition> Of(string node, Answer<WalPosition> answer) => answer.IsOk ? answer.Value with { Node = node } : answer;

    private async Task<WalAncestry> CompareAsync(
        string node, string focus, Dictionary<string, Answer<WalPosition>> positions, CancellationToken cancel)
    {
        if (!positions.TryGetValue(focus, out var theirs) || !theirs.IsOk)
            return WalAncestry.Unproven(node, focus, new WalUnread(focus, theirs.Refusal));
        if (positions[node] is { IsOk: false } mine)
            return WalAncestry.Unproven(node, focus, new WalUnread(node, mine.Refusal));
        return await JudgeAsync(positions[node].Value!, theirs.Value, cancel);
    }

    private async Task<WalAncestry> JudgeAsync(WalPosition a, WalPosition b, CancellationToken cancel)
    {
        var verdict = await JudgeAsync(a, b, _common.Upto(a, b), cancel);
        return verdict.PartsEarlier && _common.Forget(a, b) ? await JudgeAsync(a, b, Lsn.Zero, cancel) : verdict; // what was the same is not any more
    }

    private async Task<WalAncestry> JudgeAsync(WalPosition a, WalPosition b, Lsn known, CancellationToken cancel)
    {
        if (WalAncestry.RangeToCompare(a, b, known) is not var (from, to))
            return WalAncestry.Judge(a, b, null, null);
        var digests = await Task.WhenAll(this[a.Node].Wal.DigestAsync(from, to, cancel), this[b.Node].Wal.DigestAsync(from, to, cancel));
        if (digests.FirstOrDefault(d => !d.IsOk).Refusal is { } failed)
            return WalAncestry.Unproven(a.Node, b.Node, new WalNotCompared(failed));
        var verdict = WalAncestry.Judge(a, b, digests[0].Value, digests[1].Value);
        _common.Remember(a, b, verdict);
        return verdict.Kinship is WalKinship.Forked or WalKinship.Ahead ? await PartAsync(verdict, digests[0].Value!, digests[1].Value!, cancel) : verdict;
    }

    /// <summary>
    /// Names the first differing record and what exists on one side only. Where that cannot be read, nobody has seen where they part: nothing may be given
    /// up as if it were known.
    /// </summary>
    private async Task<WalAncestry> PartAsync(WalAncestry verdict, WalDigest ofA, WalDigest ofB, CancellationToken cancel)
    {
        var (a, b) = (this[verdict.Node], this[verdict.Other]);
        var at = ofA.Hash == ofB.Hash ? verdict.CommonEnd : await ForkSearch.FirstDifferenceAsync(a, b, ofA.From, ofA.To, cancel);
        if (!at.IsOk)
            return Unseen();
        var tails = await Task.WhenAll(a.Wal.TailAsync(at.Value, cancel), b.Wal.TailAsync(at.Value, cancel));
        if (!tails.All(t => t.IsOk))
            return Unseen();
        var parted = verdict.Parted(tails[0].Value!, tails[1].Value!);
        return ofA.Hash == ofB.Hash || parted.IsSeenFrom(ofA.From) ? parted : parted.PartedEarlier(ofA.From);

        WalAncestry Unseen() => verdict with { PartsEarlier = ofA.Hash != ofB.Hash };
    }
}
