using System.Globalization;
using Microsoft.Extensions.Logging;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Etcd;
using PgHa.Agent.Leadership;
using PgHa.Agent.Postgres;
using PgHa.Agent.Upkeep;

namespace PgHa.Agent.Succession;

/// <summary>
/// Looks after synchronous replication: on the holder of the record the sync record in etcd and <c>synchronous_standby_names</c>, step by step as <see cref="SyncTransitions"/> say; on a standby
/// the setting with which it would become primary.
/// </summary>
internal sealed partial class SyncDuty(
    AgentOptions options, Tenure tenure, SuccessionLoop loop, EtcdSyncRecords records, IWalSenders senders, KeepingUp keeping, ISyncSetting setting, ClusterObserver cluster, TimeProvider time, ILogger<SyncDuty> log)
    : UpkeepLoop(TimeSpan.FromMilliseconds(250), time, log)
{
    private const int MostSteps = 8;
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(1), OffAgain = TimeSpan.FromSeconds(10), Within = TimeSpan.FromSeconds(8), ProvenWithin = TimeSpan.FromSeconds(3), StandbyAgain = TimeSpan.FromSeconds(30);
    private readonly TimeProvider _time = time;
    private readonly ILogger _log = log;
    private readonly string[] _others = [.. options.Nodes.Select(n => n.Name).Where(n => n != options.Node)];
    private SyncProof _proof = SyncProof.Of(SyncSet.None);
    private long? _calmSince, _standbySetAt;
    private long _markedAt;
    private bool _ended;
    private string _trouble = "";

    /// <summary>What there is to say of it, in a sentence; null: nothing.</summary>
    internal string? Words { get; private set; }

    /// <summary>What a person can do, where only a person can.</summary>
    internal string? Hint { get; private set; }

    /// <inheritdoc />
    protected override string Work => "synchronous replication";

    /// <inheritdoc />
    protected override async Task LookAsync(CancellationToken cancel)
    {
        using var late = new CancellationTokenSource(Within, _time);
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancel);
        if (tenure.Epoch is not { } epoch)
            await LookAtStandbyAsync(bounded.Token);
        else if (_calmSince is not { } since || _time.GetElapsedTime(since) >= (options.Failover.ManagesSync ? Calm : OffAgain))
            await LookAtPrimaryAsync(epoch, bounded.Token);
    }

    /// <summary>The setting means nothing in recovery; but where it stands already nothing has to be waited for when the node becomes primary.</summary>
    private async Task LookAtStandbyAsync(CancellationToken cancel)
    {
        (_proof, _calmSince, Words, Hint) = (SyncProof.Of(SyncSet.None), null, null, null);
        keeping.Forget();
        if (!options.Failover.ManagesSync || (_standbySetAt is { } at && _time.GetElapsedTime(at) < StandbyAgain) || !setting.Runs
            || await cluster[options.Node].ObserveAsync(fresh: false, cancel) is not { InRecovery: true })
            return;
        using (await setting.Turn.EnterAsync(cancel))
        {
            if (tenure.IsHeld)
                return; // it is about to become primary, and may have got another one
            await setting.EnsureAsync(SyncChoice.Text(SyncChoice.OneOf(_others)), cancel);
        }
        await setting.ToldAsync(cancel);
        _standbySetAt = _time.GetTimestamp();
    }

    private async Task LookAtPrimaryAsync(long epoch, CancellationToken cancel)
    {
        (_standbySetAt, _trouble) = (null, "");
        var again = true;
        for (var steps = 0; again && steps < MostSteps && tenure.Epoch == epoch; steps++)
        {
            var stands = await records.ReadAsync(cancel);
            if (!stands.IsOk)
                (again, _trouble) = (false, stands.Outage.Reason);
            else if (!options.Failover.ManagesSync)
                again = await EndAsync(stands.Value, cancel);
            else
                again = await senders.LookAsync(cancel) is { } look && await StepAsync(epoch, stands.Value, look, cancel);
        }
        Tell(_trouble);
    }

    /// <summary>One step; whether there may be another one at once.</summary>
    private async Task<bool> StepAsync(long epoch, SyncStands stands, SyncLook look, CancellationToken cancel)
    {
        if (loop.Last is not ({ View: var view }, _))
            return false; // nothing is known of the others yet
        var standbys = _others.Select(n => new SyncStandby(n, keeping.KeepsUp(n, look), view[n].Failover is { NotEligible: null }, view[n].Failover?.Priority ?? 0))
            .Where(s => look.Streaming.ContainsKey(s.Node)).ToArray();
        _proof = _proof.After(look.InForce, stands.Revision, look.Senders);
        var sight = new SyncSight
        {
            Node = options.Node,
            Epoch = epoch,
            Record = stands.Record,
            InForce = look.InForce,
            Wanted = SyncChoice.Wanted(options.Failover.Sync, look.InForce, stands.Record?.Set, standbys, _others),
            Proven = _proof.Proven,
            Level = _proof.LevelOf(look.Senders),
        };
        var step = SyncTransitions.Next(sight);
        Say(look, standbys, sight);
        _calmSince = step is SyncStep.None ? _time.GetTimestamp() : null;
        if (step is SyncStep.Prove && stands.Record is { Set.Needed: 0 })
            await setting.ToldAsync(cancel); // no commit was waited for before
        return await DoAsync(step, stands, cancel);
    }

    private async Task<bool> DoAsync(SyncStep step, SyncStands stands, CancellationToken cancel)
    {
        switch (step)
        {
            case SyncStep.Write { Record: var record }:
                if (await records.SwapAsync(record, stands, cancel) is { IsOk: true, Value: var now } && now.Record == record)
                    LogWritten(record.Set, record.Epoch);
                return true;
            case SyncStep.Order { Setting: var wanted }:
                if (!await setting.EnsureAsync(SyncChoice.Text(wanted), cancel))
                {
                    _trouble = $"synchronous_standby_names should be {SyncChoice.Text(wanted)}, and stays what it is: it stands on the server's command line";
                    return false;
                }
                LogOrdered(SyncChoice.Text(wanted));
                return true;
            case SyncStep.Prove when _proof.Marker is null:
                (_markedAt, _ended) = (_time.GetTimestamp(), false);
                _proof = _proof with { Marker = await senders.MarkAsync(cancel) };
                return true;
            case SyncStep.Prove when !_ended && _time.GetElapsedTime(_markedAt) > ProvenWithin:
                _ended = true;
                if (await senders.EndLateAsync(_proof.Marker!.Value, cancel) is { Length: > 0 } ended)
                    LogEnded(ended);
                return false;
            case SyncStep.Await when _proof.Level is null:
                _proof = _proof with { Level = (stands.Revision, await senders.MarkAsync(cancel)) };
                return true;
            default:
                return false;
        }
    }

    /// <summary>It was managed before, and is not to be any more: what the agents had set is taken back, and the record says nothing from then on. False: there is no more to do.</summary>
    private async Task<bool> EndAsync(SyncStands stands, CancellationToken cancel)
    {
        _calmSince = _time.GetTimestamp();
        if (stands.Record is not { GivenUp: false } record || await senders.LookAsync(cancel) is null)
            return false;
        if (record.Holder == options.Node)
            await setting.EnsureAsync("", cancel);
        await records.SwapAsync(record with { GivenUp = true }, stands, cancel);
        LogOff(_log);
        return false;
    }

    private void Say(SyncLook look, SyncStandby[] standbys, SyncSight sight)
    {
        var waits = !standbys.Any(s => s.Lives && look.InForce.Voters.Contains(s.Node)) || standbys.Count(s => s.Lives && look.InForce.Voters.Contains(s.Node)) < look.InForce.Needed;
        var proven = sight.Record is { } record && record.Holder == options.Node
            ? record.Set.Needed == 0 ? $"only {options.Node} is known to have everything" : $"everything is on {options.Node} and on {record.Set}" : "the sync record is being written";
        Words = look.InForce.Needed == 0 ? $"commits wait for no standby yet; {proven}"
            : waits ? $"commits wait, because too few standbys stream and keep up: {look.InForce} would be needed; {proven}"
            : string.Create(CultureInfo.InvariantCulture, $"commits wait for {look.InForce}; {proven}");
        Hint = waits && look.InForce.Needed > 0
            ? $"bring a standby back: POST instance/slave on {string.Join(" or ", _others)}; or set failover.sync: off on all nodes and restart their agents, if commits may be lost with the primary's disk" : null;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "the sync record of epoch {Epoch} counts on {Set}")]
    private partial void LogWritten(SyncSet set, long epoch);

    [LoggerMessage(Level = LogLevel.Warning, Message = "synchronous_standby_names = '{Names}'")]
    private partial void LogOrdered(string names);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the WAL senders of {Standbys} did not show the new setting in time, and were ended")]
    private partial void LogEnded(string standbys);

    [LoggerMessage(Level = LogLevel.Warning, Message = "failover.sync is off: the sync record is given up")]
    private static partial void LogOff(ILogger log);
}
