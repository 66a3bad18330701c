using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Etcd;
using PgHa.Agent.Leadership;
using PgHa.Agent.Operations;
using PgHa.Client.Facts;

namespace PgHa.Agent.Succession;

/// <summary>Gathers what <see cref="SuccessionRules"/> judge. Decides nothing.</summary>
internal sealed class SuccessionSights(
    AgentOptions options, Tenure tenure, ISurroundings surroundings, ClusterObserver cluster, ClusterLock locks, NodeLock nodeLock, ServerPulse pulse, OldPrimaryWatch oldPrimary, SuccessionPast past,
    Func<TimeSpan> clock, TimeProvider time)
{
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(2);
    private ClusterView? _view;
    private long _seenAt, _answeredAt = time.GetTimestamp();
    private Pauses _pauses = Pauses.None;
    private RecordSight? _lostAt; // the record of the holder that was seen lost at the last look

    /// <summary>Everything, as it is now. While all is calm the other nodes are looked at every two seconds only.</summary>
    internal async Task<SuccessionFacts> GatherAsync(CancellationToken cancel)
    {
        while (true)
        {
            var facts = await LookAsync(cancel);
            if (facts.Held == tenure.IsHeld) // a step may have taken the record, or given it up, while this looked
                return facts;
        }
    }

    private async Task<SuccessionFacts> LookAsync(CancellationToken cancel)
    {
        var held = tenure.Until is not null;
        var looks = held ? null : tenure.LookAsync(cancel);
        var own = await cluster[options.Node].ObserveAsync(fresh: true, cancel);
        var answer = looks is null ? null : await looks;
        if (answer is not RecordAnswer.Outage)
            _answeredAt = time.GetTimestamp();
        var record = State(answer);
        var holder = answer is RecordAnswer.Stands stands ? stands.Record.Node : held ? options.Node : null;
        var sight = held ? null : tenure.Sight;
        var suspects = options.Failover.Revokes && record == RecordState.Another && own.InRecovery && (surroundings.Pledged is not null || (tenure.Promise.Standing is null && IsOverdue(sight!)));
        var sign = suspects ? surroundings.AskServerAsync(holder!, cancel) : null;
        var isCalm = !suspects && ((held && own.Writable) || tenure.Promise.Standing is not null || record == RecordState.ByHand || (record == RecordState.Another && own.InRecovery && own.UpstreamNode == holder));
        var goesOn = record == RecordState.Own && !held && own.Writable; // an earlier run of this agent: the deadline does not wait for nodes that are away
        var view = goesOn ? new([.. options.Nodes.Select(n => n.Name == own.Node ? own : NodeObservation.Unreachable(n.Name, "it is not asked yet"))])
            : await ViewAsync(own, isCalm, suspects && _lostAt == sight ? [holder!] : [], cancel);
        own = view[options.Node];
        past.Note(down: held && own.Down);
        var seen = tenure.Own ?? (sight ?? tenure.Sight)?.Record;
        surroundings.Acknowledged = LagRules.After(surroundings.Acknowledged, seen, view);
        var facts = new SuccessionFacts
        {
            Node = options.Node,
            View = view,
            Record = held ? RecordState.Own : record,
            Stands = seen,
            Why = answer switch { RecordAnswer.Outage o => $"etcd cannot be asked ({o.Why})", RecordAnswer.Unreadable u => $"the record in etcd cannot be used ({u.Why})", _ => null },
            Held = held,
            Guarded = !held && own.Writable && await tenure.AskGuardAsync(cancel) > clock(),
            HasSeenOne = surroundings is { Epoch: > 0, IsManual: false },
            StaysBy = held && tenure.StaysBy is { By: var by } ? by : [],
            MayWriteFor = tenure.Until - clock() ?? TimeSpan.Zero,
            NoConsent = held ? tenure.NoConsent : null,
            PromisedTo = tenure.Promise.Standing?.To,
            PromisedFor = tenure.Promise.Left,
            Blind = time.GetElapsedTime(_answeredAt) > 2 * options.Failover.Times.Renewal,
            Hangs = held && !pulse.Lives,
            SingleUser = surroundings.SingleUser,
            Unusable = Unusable(own),
            StoppedOnPurpose = own.Down && surroundings.StoppedOnPurpose,
            Busy = await BusyAsync(cancel),
            Leaves = past.Leaves,
            Paused = _pauses.Whole,
            PausedNodes = _pauses.Nodes,
            NotEligible = NotEligible(own),
            Acknowledged = surroundings.Acknowledged,
            LagLimit = options.Failover.Sync == SyncMode.Off ? options.Failover.LagLimit : null,
            Failed = past.Failed,
            Crashes = past.Crashes(options.Failover.RestartWithin),
            Passed = past.Passed,
            Rejoin = options.Failover.Rejoin,
            StopCommand = options.Failover.StopCommand,
            Pledged = surroundings.Pledged,
            NoPledge = surroundings.NoPledge,
            Revision = sight?.Revision ?? 0,
        };
        if (sign is not null && sight is not null)
            return await SuspectAsync(facts, sight, await sign, cancel);
        return facts is { Record: RecordState.RanOut, Held: false, Own.Writable: false, PromisedTo: null } ? await CompareAsync(facts, cancel) : facts;
    }

    private RecordState State(RecordAnswer? answer) => answer switch
    {
        null => RecordState.Own,
        RecordAnswer.Outage => RecordState.Outage,
        RecordAnswer.Unreadable => RecordState.Unusable,
        RecordAnswer.Absent => RecordState.Never,
        RecordAnswer.Stands { Record: { Manual: true } r } => r.Returns ? RecordState.Returns : RecordState.ByHand,
        RecordAnswer.Stands { Record: var r } when tenure.IsOwn(r) => RecordState.Own,
        RecordAnswer.Stands { Record: var r } when tenure.IsOfEarlierBoot(r) || tenure.Sight!.HasRunOut(clock()) => RecordState.RanOut,
        _ => RecordState.Another,
    };

    private async Task<ClusterView> ViewAsync(NodeObservation own, bool calm, string[] notWaitedFor, CancellationToken cancel)
    {
        if (calm && _view is { } view && time.GetElapsedTime(_seenAt) < Calm)
            return new([.. view.Nodes.Select(n => n.Node == own.Node ? own : n)]);
        var paused = surroundings.PausesAsync(cancel);
        _view = await cluster.ObserveAsync(fresh: true, notWaitedFor, cancel);
        _seenAt = time.GetTimestamp();
        _pauses = await paused ?? _pauses;
        return _view;
    }

    private async Task<SuccessionFacts> CompareAsync(SuccessionFacts facts, CancellationToken cancel)
    {
        var sync = surroundings.SyncAsync(cancel);
        var wal = cluster.CompareWalAsync(Readable(facts.View), options.Node, cancel);
        var old = facts is { Holder: { } holder, Stands: { } record } && holder != options.Node
            ? await oldPrimary.LookAsync(holder, record.Epoch, facts.View[holder].Reachable, cancel) : (Known: OldPrimary.Fenced, Attempt: null);
        var stands = await sync;
        return facts with
        {
            Wal = await wal,
            OldPrimaryServes = old.Known == OldPrimary.Serves,
            OldPrimaryLost = old.Known == OldPrimary.Lost,
            Stopping = old.Attempt,
            Sync = stands.Value?.Record,
            SyncUnknown = stands.Outage is { } outage ? $"the sync record in etcd cannot be asked ({outage.Reason})" : null,
        };
    }

    /// <summary>Its holder should have renewed it. Both sides use the D that stands in the record.</summary>
    private bool IsOverdue(RecordSight sight) => clock() - sight.SeenAt > (options.Failover.Times with { D = sight.Record.D }).Overdue;

    /// <summary>The holder may be lost, though its record has not run out.</summary>
    private async Task<SuccessionFacts> SuspectAsync(SuccessionFacts facts, RecordSight sight, ServerSign sign, CancellationToken cancel)
    {
        if (facts.View[sight.Record.Node].Reachable || sign is not (ServerSign.Silent or ServerSign.Refused) || !IsOverdue(sight))
        {
            _lostAt = null;
            return facts;
        }
        _lostAt = sight; // from now on a moment is enough for it: a node that hangs would hold up each look for longer than a pledge stands
        var asked = surroundings.PledgesAsync(cancel);
        var (stands, pledges) = (await surroundings.SyncAsync(cancel), await asked);
        facts = facts with { HolderLost = true, Sync = stands.Value?.Record, NoPledge = facts.NoPledge ?? (stands.Outage ?? pledges.Outage)?.Reason };
        if (!stands.IsOk || !pledges.IsOk || Revocation.Of(sight.Record, sight.Revision, stands.Value.Record, stands.Value.Revision, pledges.Value) is not { } revocation)
            return facts;
        return facts with
        {
            Record = RecordState.Revoked,
            Revocation = revocation,
            Sync = revocation.After,
            Wal = await cluster.CompareWalAsync(Readable(facts.View), options.Node, cancel),
        };
    }

    /// <summary>A node whose server hangs may hang on its disk: nobody waits for its WAL.</summary>
    private ClusterView Readable(ClusterView view) =>
        new([.. view.Nodes.Select(n => n.Node == options.Node || n.InRecovery || n.Down ? n : NodeObservation.Unreachable(n.Node, n.Problem ?? "its server does not answer"))]);

    private async Task<string?> BusyAsync(CancellationToken cancel) =>
        nodeLock.Holder is { } holder && await locks.LivesAsync(holder, cancel) ? $"{holder.Goal} ({holder.Operation})" : null;

    private string? Unusable(NodeObservation own) =>
        own is { DataProblem: { } problem, RewindUnfinished: false } ? $"the data directory of {own.Node} cannot be used: {problem}"
        : tenure.Sight?.Record.System is { } system && own.Control?.SystemIdentifier is { } here && system != here ? $"the data here are those of another database ({here}, and the record says {system})"
        : tenure.Sight?.Record.Node is { } holder && options.Nodes.All(n => n.Name != holder) ? $"{holder} holds the record, or held it last, and is not one of the nodes here"
        : null;

    private string? NotEligible(NodeObservation own) =>
        options.Failover.NoFailover ? "failover.nofailover is set"
        : past.Leaves ? "its machine is going down"
        : _pauses.Nodes.Contains(own.Node) ? "automatic failover is paused for it"
        : own.RewindUnfinished ? own.DataProblem
        : own.Down && surroundings.StoppedOnPurpose ? "its server was stopped by a call"
        : own.Sql?.Held is { ForGood: true, Problem: { } problem } ? problem
        : past.ResignedBecause;
}
