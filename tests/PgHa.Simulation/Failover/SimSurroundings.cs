using PgHa.Agent.Etcd;
using PgHa.Agent.Leadership;
using PgHa.Agent.Succession;
using PgHa.Client.Facts;

namespace PgHa.Simulation;

/// <summary>What a simulated node asks beside the other agents.</summary>
internal sealed class SimSurroundings(SimAgent agent, SimEtcd etcd) : ISurroundings
{
    private static readonly TimeSpan AnswersWithin = TimeSpan.FromMilliseconds(700);

    private SimMachine Machine => agent.Machine;

    public long Epoch => Machine.Disk.Memory.Epoch;

    public uint Timeline => Machine.Disk.Memory.Timeline;

    public bool SingleUser => false;

    public bool StoppedOnPurpose => Machine.Disk.StoppedOnPurpose;

    public bool IsManual => Machine.Disk.Memory.Manual;

    public AcknowledgedWal? Acknowledged { get; set; }

    public Task<Pauses?> PausesAsync(CancellationToken cancel) => etcd.AskAsync<Pauses?>(agent, agent.Options.Failover.Times.Renewal, () => new Pauses(etcd.Paused.Length > 0, [.. etcd.PausedNodes]), _ => null, cancel);

    /// <summary>Synchronous replication is not simulated.</summary>
    public Task<EtcdAnswer<SyncStands>> SyncAsync(CancellationToken cancel) => Task.FromResult<EtcdAnswer<SyncStands>>(new SyncStands(null, 0));

    public long? Pledged => null;

    public string? NoPledge => null;

    /// <summary>Nor are pledges.</summary>
    public Task<EtcdAnswer<IReadOnlyList<PledgeSeen>>> PledgesAsync(CancellationToken cancel) => Task.FromResult<EtcdAnswer<IReadOnlyList<PledgeSeen>>>(new([], null));

    public Task<string?> PledgeAsync(PledgeOrder order, CancellationToken cancel) => throw new System.Diagnostics.UnreachableException();

    public async Task<ServerSign> AskServerAsync(string node, CancellationToken cancel)
    {
        var (field, other) = (Machine.Field, Machine.Field[node]);
        var linked = field.Network.Linked(Machine, other) && field.Network.Linked(other, Machine);
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
