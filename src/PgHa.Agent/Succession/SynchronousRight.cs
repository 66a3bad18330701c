using PgHa.Agent.Configuration;
using PgHa.Agent.Etcd;
using PgHa.Agent.Leadership;
using PgHa.Agent.Postgres;
using PgHa.Agent.Steps;
using PgHa.Client.Operations;
using PgHa.Formats;

namespace PgHa.Agent.Succession;

/// <summary>
/// The right to write, with the sync record: before a node accepts writes it shows that everything that was acknowledged is here, its setting is in force, and the record is its own; and it
/// leaves the record before its data are replaced.
/// </summary>
internal sealed class SynchronousRight(AgentOptions options, Tenure tenure, EtcdSyncRecords records, ISyncSetting setting, IPledgeNotes pledge) : IWriteRight
{
    private const int Attempts = 4;
    private readonly string[] _others = [.. options.Nodes.Select(n => n.Name).Where(n => n != options.Node)];

    /// <inheritdoc />
    public bool IsHeld => tenure.IsHeld;

    /// <inheritdoc />
    public bool Reserves => tenure.Reserves;

    /// <inheritdoc />
    public Task<Refusal?> TakeAsync(bool patiently, CancellationToken cancel) => tenure.TakeAsync(patiently, cancel);

    /// <inheritdoc />
    public Task<Answer<TimelineId>> ReserveAsync(TimelineId least, CancellationToken cancel) => tenure.ReserveAsync(least, cancel);

    /// <inheritdoc />
    public Task<Refusal?> ConfirmAsync(CancellationToken cancel) => tenure.ConfirmAsync(cancel);

    /// <inheritdoc />
    public Task GiveUpAsync(Action makeStandby, CancellationToken cancel) => tenure.GiveUpAsync(makeStandby, cancel);

    /// <inheritdoc />
    public Task SettledAsync(CancellationToken cancel) => tenure.SettledAsync(cancel);

    /// <inheritdoc />
    public async Task<Refusal?> ReadyAsync(IReadOnlyCollection<string> held, CancellationToken cancel)
    {
        if (Tenure.IsByHand(tenure.Sight?.Record))
            return null; // as in manual mode: a person decides
        if (tenure.Epoch is not { } epoch)
            return new(Code.AnotherWritable, $"{options.Node} has lost the record in etcd meanwhile", "the rules say what follows: GET v2/cluster/explain");
        var stands = await records.ReadAsync(cancel);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (!stands.IsOk)
            {
                stands = await records.ReadAsync(cancel); // its place is not given up for an etcd that is slow for a moment
                continue;
            }
            var before = stands.Value.Record;
            if (before?.Epoch > epoch)
                return new(Code.AnotherWritable, $"another node has taken the record of {options.Node} (epoch {before.Epoch})", "the rules say what follows: GET v2/cluster/explain");
            if (before is { } && SyncElection.Lacking(before, held) is { } lacking)
                return new(Code.WalNotProven, lacking, SyncElection.WayOut(before, held));
            var next = Begun(before, epoch);
            if (next == before || next is null)
                return await OrderAsync(before, cancel);
            if (options.Failover.ManagesSync && await OrderAsync(next, cancel) is { } refused) // first: what the record says holds from the first commit on
                return refused;
            var now = await records.SwapAsync(next, stands.Value, cancel);
            if (now is { IsOk: true, Value: { } written } && written.Record == next)
                return null;
            stands = now;
        }
        return NotAsked(stands);
    }

    /// <inheritdoc />
    public async Task<Refusal?> LeaveAsync(CancellationToken cancel)
    {
        var stands = await records.ReadAsync(cancel);
        for (var attempt = 0; attempt < Attempts && stands.IsOk; attempt++)
        {
            if (stands.Value.Record is not { GivenUp: false } record)
                return null;
            if (record.Holder == options.Node)
                return new(Code.WrongState, $"by the sync record in etcd {options.Node} is the primary that acknowledged writes last: its data are not replaced", SyncElection.Release([options.Node]));
            if (!record.Set.Voters.Contains(options.Node))
                return null;
            stands = await records.SwapAsync(record.Without(options.Node), stands.Value, cancel);
        }
        return NotAsked(stands);
    }

    /// <inheritdoc />
    public async Task<Refusal?> MayFollowAsync(string upstream, CancellationToken cancel)
    {
        if (pledge.Note is not { Withdrawn: false } note)
            return null;
        var answer = await tenure.LookAsync(cancel);
        return answer is RecordAnswer.Stands { Record: { Released: false, Manual: false } record } && record.Epoch >= note.Epoch && record.Node == upstream ? null
            : new(Code.WrongState, $"{options.Node} has pledged to receive nothing from {note.Holder}, so that another node can take its place, and follows only who has taken it",
                "the agent takes the pledge back by itself when etcd answers and nobody has taken the place: repeat the call in a few seconds (GET v2/cluster/explain)");
    }

    /// <summary>What is to stand in etcd; null: nothing, because commits wait for nobody and did not before.</summary>
    private SyncRecord? Begun(SyncRecord? before, long epoch) => options.Failover.ManagesSync ? SyncRecord.Begin(before, options.Node, epoch, _others)
        : before is null ? null : before with { GivenUp = true };

    /// <summary>What covers every setting that was in force: the server may have been started anew in the middle of a change.</summary>
    private async Task<Refusal?> OrderAsync(SyncRecord? record, CancellationToken cancel)
    {
        if (!options.Failover.ManagesSync || record is null)
            return null;
        var names = SyncChoice.Text(record.Set.Needed > 0 ? record.Set : SyncChoice.OneOf(_others));
        using var alone = await setting.Turn.EnterAsync(cancel);
        if (!await setting.EnsureAsync(names, cancel))
            return new(Code.StepFailed, $"synchronous_standby_names of {options.Node} is not {names}: it stands on the server's command line", "take it out there, or set failover.sync: off");
        await setting.ToldAsync(cancel);
        return null;
    }

    private static Refusal NotAsked(EtcdAnswer<SyncStands> stands) =>
        new(Code.AnotherWritable, $"the sync record in etcd cannot be asked: {stands.Outage?.Reason ?? "it is written by somebody else all the time"}", stands.Outage?.Hint ?? "repeat the call");
}
