using PgHa.Agent.Configuration;
using PgHa.Agent.Etcd;
using PgHa.Agent.Leadership;
using PgHa.Agent.Postgres;
using PgHa.Client.Facts;

namespace PgHa.Agent.Succession;

/// <summary>The real ones.</summary>
internal sealed class Surroundings(
    AgentOptions options, EtcdRecords records, EtcdSyncRecords sync, EtcdNotes notes, KnownServer known, ServerProbe probe, AcknowledgedMemory acknowledged, PledgeDesk desk, EtcdPledges pledges) : ISurroundings
{
    public long Epoch => records.Epoch;

    public uint Timeline => records.Timeline;

    public bool IsManual => records.IsManual;

    public AcknowledgedWal? Acknowledged
    {
        get => acknowledged.Value;
        set => acknowledged.Keep(value);
    }

    public bool SingleUser => PostmasterPid.Read(options.Postgres.DataDir) is { SingleUser: true };

    public bool StoppedOnPurpose => known.StoppedOnPurpose;

    public async Task<Pauses?> PausesAsync(CancellationToken cancel) => await notes.PausesAsync(cancel) is { IsOk: true } answer ? answer.Value : null;

    public Task<EtcdAnswer<SyncStands>> SyncAsync(CancellationToken cancel) => sync.ReadAsync(cancel);

    public long? Pledged => desk.Pledged;

    public string? NoPledge => options.Failover.Revokes ? desk.NotNow : "failover.revocation is off";

    public Task<EtcdAnswer<IReadOnlyList<PledgeSeen>>> PledgesAsync(CancellationToken cancel) => pledges.ReadAsync(cancel);

    public Task<string?> PledgeAsync(PledgeOrder order, CancellationToken cancel) => desk.PledgeAsync(order, cancel);

    /// <summary>Agent and guard may both be dead, and the server not. That it is fenced the record tells; this only finds that it is not.</summary>
    public Task<ServerSign> AskServerAsync(string node, CancellationToken cancel) => probe.AskAsync(node, cancel);

    public Task<bool> WriteAsync(HistoryEntry entry, CancellationToken cancel) => notes.WriteAsync(entry, cancel);
}
