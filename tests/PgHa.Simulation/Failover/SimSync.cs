using PgHa.Agent.Etcd;
using PgHa.Agent.Cluster;
using PgHa.Agent.Postgres;
using PgHa.Agent.Succession;

namespace PgHa.Simulation;

/// <summary>Synchronous replication of one agent: the real duty, right and pledges, on the simulated etcd and server.</summary>
internal sealed class SimSync
{
    private readonly SimAgent _agent;
    private readonly SimSyncSetting _setting;

    internal SimSync(SimAgent agent, SimEtcdKeys keys, Tenure tenure)
    {
        var (options, call) = (agent.Options, agent.Options.Failover.Times.Renewal);
        var notes = new SimPledgeNotes(agent.Machine.Disk);
        (_agent, _setting) = (agent, new(agent));
        Records = new(keys, SimRecords.Cluster, call);
        Pledges = new(keys, SimRecords.Cluster, call);
        Right = new(options, tenure, Records, _setting, notes);
        Desk = new(options, tenure, Pledges, notes, new SimReceiverCut(agent), agent.Lock, agent.Cluster, agent.Process.Time, new SimLog<PledgeDesk>(agent));
    }

    internal EtcdSyncRecords Records { get; }

    internal EtcdPledges Pledges { get; }

    internal SynchronousRight Right { get; }

    internal PledgeDesk Desk { get; }

    internal void Begin(SuccessionLoop loop, Tenure tenure)
    {
        var time = _agent.Process.Time;
        var duty = new SyncDuty(_agent.Options, tenure, loop, Records, new SimWalSenders(_agent), new(time), _setting, _agent.Cluster, time, new SimLog<SyncDuty>(_agent));
        _agent.Process.Begin(() => duty.GoOnAsync(CancellationToken.None));
        _agent.Process.Begin(() => Desk.GoOnAsync(CancellationToken.None));
    }
}

/// <summary>A node's note of its pledge, on its machine's disk.</summary>
internal sealed class SimPledgeNotes(SimDisk disk) : IPledgeNotes
{
    public PledgeNote? Note => disk.Pledge;

    public void Write(PledgeNote note)
    {
        disk.Write();
        disk.Pledge = note;
    }

    public void Remove()
    {
        disk.Write();
        disk.Pledge = null;
    }
}

/// <summary>A session on the simulated server: nobody answers where it hangs.</summary>
internal abstract class SimSession(SimAgent agent)
{
    protected SimServer Server => agent.Machine.Server;

    protected SimDisk Disk => agent.Machine.Disk;

    protected TimeProvider Time => agent.Process.Time;

    /// <summary>Whether there is one: the server runs.</summary>
    protected async Task<bool> OpenAsync(CancellationToken cancel)
    {
        await Task.Delay(TimeSpan.FromMicroseconds(agent.Machine.Field.World.Random.Next(300, 6000)), Time, cancel);
        while (Server is { Phase: ServerPhase.Up, Answers: false })
            await Task.Delay(TimeSpan.FromMilliseconds(50), Time, cancel);
        return Server.Phase == ServerPhase.Up;
    }

    protected async Task MustOpenAsync(CancellationToken cancel)
    {
        if (!await OpenAsync(cancel))
            throw new IOException("the server does not run");
    }
}

/// <summary>The setting of the simulated server, as its agent gives it.</summary>
internal sealed class SimSyncSetting(SimAgent agent) : SimSession(agent), ISyncSetting
{
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(5);

    public bool Runs => Server.Phase == ServerPhase.Up;

    public OneAtATime Turn { get; } = new();

    public async Task<bool> EnsureAsync(string names, CancellationToken cancel)
    {
        if (await OpenAsync(cancel) && Server.SyncNames == names)
            return true;
        Disk.Write();
        (Disk.Mounted ?? throw new IOException("the data directory is not there")).SyncNames = names;
        if (!Runs)
            return true;
        Server.Reload();
        for (var begun = Time.GetTimestamp(); Server.SyncNames != names; await MustOpenAsync(cancel))
            if (Time.GetElapsedTime(begun) > Within)
                return false;
        return true;
    }

    /// <summary>A checkpoint that was asked for begins when the checkpointer has read the setting, and told all sessions.</summary>
    public async Task ToldAsync(CancellationToken cancel)
    {
        while (Runs && Server.Waits != Server.SyncNames.Length > 0)
            await MustOpenAsync(cancel);
    }
}

/// <summary>The WAL senders of the simulated server.</summary>
internal sealed class SimWalSenders(SimAgent agent) : SimSession(agent), IWalSenders
{
    public async Task<SyncLook?> LookAsync(CancellationToken cancel) => await OpenAsync(cancel) && !Server.InRecovery
        ? new(SyncChoice.Parse(Server.SyncNames), [.. Server.Senders.Select(s => new PgHa.Agent.Leadership.SyncSender(s.Name, s.Flush ?? 0, s.IsListed || s.Flush is null))],
            Server.Senders.Where(s => s is { Streams: true, Flush: not null }).ToDictionary(s => s.Name, s => s.Flush!.Value), Server.Flushed)
        : null;

    public async Task<ulong> MarkAsync(CancellationToken cancel)
    {
        await MustOpenAsync(cancel);
        return Server.Mark();
    }

    public async Task<string> EndLateAsync(ulong marker, CancellationToken cancel)
    {
        await MustOpenAsync(cancel);
        var late = Server.Senders.Where(s => (s.IsListed || s.Flush is null) && (s.Flush ?? 0) < marker).ToArray();
        foreach (var sender in late)
            Server.EndSender(sender);
        return string.Join(", ", late.Select(s => s.Name));
    }
}

/// <summary>Cuts the simulated standby off. Any step may be slow, or fail.</summary>
internal sealed class SimReceiverCut(SimAgent agent) : SimSession(agent), IReceiverCut
{
    private static readonly TimeSpan ReadWithin = TimeSpan.FromSeconds(1);
    private readonly World _world = agent.Machine.Field.World;

    public string? Problem() => null;

    public async Task<string?> UpstreamAsync(CancellationToken cancel) => await OpenAsync(cancel) ? Disk.Data!.Upstream ?? "" : null;

    public async Task EmptyAsync(CancellationToken cancel)
    {
        await SetAsync(null, cancel);
        for (var begun = Time.GetTimestamp(); Server.Upstream is not null; await MustOpenAsync(cancel))
            if (Time.GetElapsedTime(begun) > ReadWithin)
                throw new IOException("the startup process does not answer");
    }

    public async Task<bool> EndReceiverAsync(CancellationToken cancel)
    {
        await MustOpenAsync(cancel);
        if (!Server.Streaming)
            return true;
        var run = Server.Run;
        _world.After(_world.Between(1, 30), null, () =>
        {
            if (Server.Run == run)
                Server.EndReceiver();
        });
        await Task.Delay(TimeSpan.FromMilliseconds(5), Time, cancel);
        return false;
    }

    public async Task<ulong> EndAsync(CancellationToken cancel)
    {
        await MustOpenAsync(cancel);
        return Server.InRecovery ? Server.End : throw new IOException("the server is not in recovery");
    }

    public async Task RestoreAsync(string upstream, CancellationToken cancel)
    {
        if (await UpstreamAsync(cancel) is { Length: 0 })
            await SetAsync(upstream, cancel);
    }

    private async Task SetAsync(string? upstream, CancellationToken cancel)
    {
        await MustOpenAsync(cancel);
        if (_world.Random.Next(40) == 0)
            throw new IOException("the session has ended");
        Disk.Write();
        Disk.Data!.Upstream = upstream;
        Server.Reload();
    }
}
