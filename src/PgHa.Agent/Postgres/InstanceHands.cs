using System.ComponentModel;
using System.Net.Sockets;
using Npgsql;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Files;
using PgHa.Agent.Plans;
using PgHa.Agent.Steps;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Postgres;

/// <summary>The hands on the real instance.</summary>
internal sealed class InstanceHands(
    AgentOptions options, DataDirectory data, ServerHands server, WalHands wal, SlotHands slots, RejoinHands rejoin, DataHands fill, GhostHistories ghosts, ArchiveWal archive, RoleCheck role, UpstreamCheck upstream,
    SyncSetting sync, PromotionMark mark, StepTrace trace, SharedObservation observations) : IHands
{
    public IServerHands Server => server;

    public IWalHands Wal => wal;

    public ISlotHands Slots => slots;

    public IRejoinHands Rejoin => rejoin;

    public IDataHands Data => fill;

    public OwnSight Look()
    {
        var control = data.ReadControl();
        var running = PostmasterPid.Read(data.Root) is { } read && ServerProcess.Runs(read.Pid, data.Root) ? read : null;
        return new()
        {
            Control = control.IsOk ? ControlFacts.From(control.Value) : null,
            StandbySignal = data.HasStandbySignal,
            RecoverySignal = File.Exists(data.RecoverySignal),
            Runs = running is not null,
            Ready = PostmasterPid.ReadReady(data.Root) is not null,
            Told = running is not null && mark.IsFor(running),
        };
    }

    public Task<IReadOnlyList<string>> GhostsAsync(CancellationToken cancel) => ghosts.FindAsync(starts: false, cancel);

    public async Task<Cleared> ClearWayAsync(Step step, CancellationToken cancel)
    {
        var broken = step is PlaceSlots or StartInRecovery or StartAsStandby or StartAsPrimary or ReplayWal or RewindServer or FollowOrReclone ? slots.Quarantine() : [];
        var histories = step is StartInRecovery or StartAsStandby or StartAsPrimary or ReplayWal or FollowOrReclone or BringWal ? await ghosts.QuarantineAsync(cancel) : [];
        return broken.Count + histories.Count == 0 ? Cleared.Nothing : new([.. broken, .. histories], broken);
    }

    public Task<StepResult> CheckAsync(CheckStep step, CancellationToken cancel) => step switch
    {
        CheckArchive s => archive.CheckAsync(s.Upstream, cancel),
        CheckRole s => role.RunAsync(s.Upstream, cancel),
        CheckUpstream s => upstream.RunAsync(s.Upstream, cancel),
        CheckRecovery => upstream.RunAloneAsync(cancel),
        _ => throw new System.Diagnostics.UnreachableException(step.ToString()),
    };

    public Task<StepResult> SetSyncAsync(SetSync step, CancellationToken cancel) => sync.RunAsync(step, cancel);

    public Refusal? Explain(Exception thrown) => thrown switch
    {
        IOException e when Linux.IsDiskFull(e) => new(Code.StepFailed, $"the disk of {options.Node} is full: {e.Message}", "make room there, then repeat the call"),
        NpgsqlException or IOException or UnauthorizedAccessException or TimeoutException or Win32Exception or SocketException =>
            new(Code.StepFailed, $"{options.Node}: {thrown.Message}", "look at the server's and the agent's log"),
        _ => null,
    };

    public void Begin(Step step, string operation) => trace.Begin(step, operation);

    public void End(Step step)
    {
        if (step.Changes)
            observations.Forget();
        trace.End();
    }
}
