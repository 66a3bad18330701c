using Microsoft.Extensions.Logging;
using PgHa.Agent.Cluster;
using PgHa.Agent.Etcd;
using PgHa.Agent.Leadership;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Succession;

/// <summary>An operator's calls that change the record: looks, asks <see cref="RecordRules"/>, writes, and notes who answered for what.</summary>
internal sealed partial class RecordCalls(
    RecordTerms terms, Tenure tenure, EtcdRecords records, EtcdNotes notes, ClusterObserver cluster, ServerProbe probe, UniqueName name, TimeProvider time, ILogger<RecordCalls> log)
{
    /// <summary>Makes the record of an emptied or restored etcd again.</summary>
    internal Task<Answer<RecordChange>> RecreateAsync(IReadOnlyCollection<string> gone, bool dryRun, CancellationToken cancel) =>
        ChangeAsync("record recreate", gone, dryRun, seen => RecordRules.Recreate(seen, gone), cancel);

    /// <summary>Gives the record up for a holder that is gone.</summary>
    internal Task<Answer<RecordChange>> ReleaseAsync(string holder, bool dryRun, CancellationToken cancel) =>
        ChangeAsync("record release", [holder], dryRun, seen => RecordRules.Release(seen, holder), cancel);

    private async Task<Answer<RecordChange>> ChangeAsync(string call, IReadOnlyCollection<string> gone, bool dryRun, Func<RecordSights, Answer<RecordPlan>> judge, CancellationToken cancel)
    {
        var found = await records.FindAsync(terms.Call, cancel); // first: what the nodes say must not be older
        var answer = await tenure.LookAsync(cancel);
        if (!found.IsOk)
            return new Refusal(Code.PeerUnreachable, found.Outage.Reason, found.Outage.Hint);
        var view = await cluster.ObserveAsync(fresh: true, cancel);
        var silent = view.Nodes.Where(n => !n.Reachable).Select(n => n.Node).ToArray();
        var signs = await Task.WhenAll(silent.Select(n => probe.AskAsync(n, cancel)));
        var plan = judge(new(terms.Node, view, answer, found.Value, silent.Zip(signs).ToDictionary(s => s.First, s => s.Second)));
        if (!plan.IsOk)
            return plan.Refusal;
        if (!dryRun && await WriteAsync(call, gone, found.Value, plan.Value, view, cancel) is { } refusal)
            return refusal;
        return new RecordChange { Done = !dryRun, What = plan.Value.Words, Epoch = plan.Value.Epoch, Timeline = plan.Value.Timeline, AnsweredFor = [.. gone] };
    }

    private async Task<Refusal?> WriteAsync(string call, IReadOnlyCollection<string> gone, RecordFound found, RecordPlan plan, ClusterView view, CancellationToken cancel)
    {
        var written = await records.ReplaceAsync(found, Record(found, plan, view), plan.Sync, terms.Call, cancel);
        if (!written.IsOk)
            return new(Code.PeerUnreachable, $"{written.Outage.Reason}; whether the record was written is not known", "look with pgha explain, then repeat the call if need be");
        if (!written.Value)
            return new(Code.Busy, "the record has changed in this moment: nothing was written", "look with pgha explain, then repeat the call if need be");
        LogChanged(call, plan.Epoch, string.Join("; ", plan.Words));
        await notes.WriteAsync(new()
        {
            Epoch = plan.Epoch,
            From = found.Record?.Node,
            To = "nobody",
            Cause = $"an operator's call: {call}{(gone.Count == 0 ? "" : $", who answers for {string.Join(", ", gone)}")}",
            Facts = [.. view.Nodes.Select(n => $"{n.Node} {n.State.Words()}")],
            At = time.GetUtcNow(),
        }, cancel);
        return null;
    }

    /// <summary>Nobody holds it: no boot and no run of an agent has that name.</summary>
    private PrimaryRecord Record(RecordFound found, RecordPlan plan, ClusterView view) => new()
    {
        Node = plan.Node,
        Epoch = plan.Epoch,
        Boot = "none",
        Run = name(),
        Counter = 1,
        DMilliseconds = (int)terms.D.TotalMilliseconds,
        Since = time.GetUtcNow(),
        Timeline = plan.Timeline,
        System = found.Record?.System ?? view.Nodes.Select(n => n.Control?.SystemIdentifier).FirstOrDefault(s => s is not null),
        Released = true,
        MadeAnewIn = found.Etcd,
    };

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Call}: the record has epoch {Epoch} now: {Words}")]
    private partial void LogChanged(string call, long epoch, string words);
}
