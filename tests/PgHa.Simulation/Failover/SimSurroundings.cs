using PgHa.Agent.Configuration;
using PgHa.Agent.Etcd;
using PgHa.Agent.Leadership;
using PgHa.Agent.Succession;
using PgHa.Client.Facts;

namespace PgHa.Simulation;

/// <summary>What a simulated node asks beside the other agents.</summary>
internal sealed class SimSurroundings(SimAgent agent, SimEtcd etcd, EtcdRecords records, SimSync? sync) : ISurroundings
{
    private static readonly TimeSpan AnswersWithin = TimeSpan.FromMilliseconds(700);

    private SimMachine Machine => agent.Machine;

    public long Epoch => records.Epoch;

    public uint Timeline => records.Timeline;

    public bool SingleUser => false;

    public bool StoppedOnPurpose => Machine.Disk.StoppedOnPurpose;

    public bool IsManual => records.IsManual;

    public AcknowledgedWal? Acknowledged { get; set; }

    public Task<Pauses?> PausesAsync(CancellationToken cancel) => etcd.AskAsync<Pauses?>(agent, agent.Options.Failover.Times.Renewal, () => new Pauses(etcd.Paused.Length > 0, [.. etcd.PausedNodes]), _ => null, cancel);

    public Task<EtcdAnswer<SyncStands>> SyncAsync(CancellationToken cancel) => sync?.Records.ReadAsync(cancel) ?? Task.FromResult<EtcdAnswer<SyncStands>>(new SyncStands(null, default));

    public long? Pledged => sync?.Desk.Pledged;

    public string? NoPledge => agent.Options.Failover.Revokes ? sync!.Desk.NotNow : null;

    public Task<EtcdAnswer<IReadOnlyList<PledgeSeen>>> PledgesAsync(CancellationToken cancel) => sync!.Pledges.ReadAsync(cancel);

    public Task<string?> PledgeAsync(PledgeOrder order, CancellationToken cancel) => sync!.Desk.PledgeAsync(order, cancel);

    public async Task<ServerSign> AskServerAsync(string node, CancellationToken cancel)
    {
        var (field, other) = (Machine.Field, Machine.Field[node]);
        var linked = field.Network.Linked(Machine, other) && field.Network.Linked(other, Machine);
        linked &= field.Sync == SyncMode.Off || !other.Server.Runs || other.Server.Answers; // of others a server that hangs is left to the record
        await Task.Delay(linked ? field.World.Between(1, 20) : AnswersWithin, agent.Process.Time, cancel);
        return !linked ? ServerSign.Silent : other.Server.Accepts ? ServerSign.AcceptsWrites : other.Server.Runs ? ServerSign.InRecovery : ServerSign.Refused;
    }

    public Task<bool> WriteAsync(HistoryEntry entry, CancellationToken cancel) => etcd.AskAsync(agent, agent.Options.Failover.Times.Renewal, () =>
    {
        if (etcd.History.TrueForAll(e => e.Epoch != entry.Epoch))
            etcd.History.Add(entry);
        return true;
    }, _ => false, cancel);
}
