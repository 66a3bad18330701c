using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;
using PgHa.Agent.Steps;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;

namespace PgHa.Simulation;

/// <summary>The server: start, stop, promotion, and the interruption of a fast switchover.</summary>
internal sealed partial class SimHands
{
    public async Task<Refusal?> StartAsync(CancellationToken cancel)
    {
        await Take(1, 10, cancel);
        if (Instance.Runs)
            return new(Code.StepFailed, "a server runs already", "look at it");
        Instance.Start();
        var run = Instance.Run;
        while (Instance.Phase == ServerPhase.Starting && Instance.Run == run)
            await Task.Delay(Interval, Time, cancel);
        return Instance.Phase == ServerPhase.Up ? null : new(Code.StepFailed, $"the server did not start: {Instance.Problem}", "look at its log");
    }

    public async Task<StepResult> StopAsync(bool untilShutDown, bool onPurpose, CancellationToken cancel)
    {
        var (ran, run) = (Instance.Runs, Instance.Run);
        Disk.StoppedOnPurpose |= onPurpose;
        Instance.Stop();
        while (Instance.Runs && Instance.Run == run)
        {
            if (untilShutDown && Instance.Phase == ServerPhase.Stopping && Disk.Data?.Control.StoppedCleanly == true)
                return StepResult.Done("shut down; something lingers");
            await Task.Delay(Interval, Time, cancel);
        }
        if (Instance.Runs)
            return untilShutDown && Disk.Data?.Signal == true ? StepResult.Done("somebody else has started it again, in recovery")
                : StepResult.Failed(Code.StepFailed, "the server ended, and somebody else has started it again since", "stop what starts it, then repeat the call");
        if (Disk.Mounted is not { } data)
            return StepResult.Failed(Code.StepFailed, "stopped, but pg_control cannot be read", "look at the disk");
        return !ran || data.Control.StoppedCleanly ? StepResult.Done("process gone") : StepResult.Failed(Code.StepFailed, "the server ended uncleanly", "look at its log; its next start recovers it");
    }

    public Task<bool> ChildrenEndAsync(CancellationToken cancel) => Task.FromResult(!Instance.Runs);

    public async Task<StepResult> CheckpointAsync(CancellationToken cancel)
    {
        await Take(5, 60, cancel);
        Instance.CheckPoint();
        return StepResult.Done("checkpoint written");
    }

    public async Task<StepResult> ReloadAsync(CancellationToken cancel)
    {
        await Take(1, 20, cancel);
        return StepResult.Done("settings read again");
    }

    public async Task<StepResult> SetAsync(IReadOnlyList<SettingChange> changes, CancellationToken cancel)
    {
        await Take(1, 20, cancel);
        return StepResult.Done("set");
    }

    public void WriteStandbySignal() => Write(data => data.Signal = true);

    public void RemoveStandbySignal() => Write(data => data.Signal = false);

    public async Task<Answer<string>> PointAsync(string upstream, CancellationToken cancel)
    {
        await Take(1, 20, cancel);
        Write(data => data.Upstream = upstream);
        return "with slot";
    }

    public async Task<StepResult> PointByReloadAsync(string upstream, CancellationToken cancel)
    {
        await Take(1, 20, cancel);
        if (Instance.Phase != ServerPhase.Up)
            return StepResult.Failed(Code.StepFailed, "the server does not run", "start it as a standby");
        Write(data => data.Upstream = upstream);
        Instance.Reload();
        return StepResult.Done($"pointed at {upstream}");
    }

    public async Task<StepResult> PromoteAsync(CancellationToken cancel)
    {
        await Take(1, 5, cancel);
        var run = Instance.Run;
        if (Instance.Phase == ServerPhase.Up && !Instance.InRecovery)
            return StepResult.Done($"accepts writes on timeline {Instance.Timeline}");
        if (Instance.Phase != ServerPhase.Up)
            return StepResult.Failed(new(Code.StepFailed, "the server ended before it could be promoted", "look at its log"), neverWritable: true);
        Disk.Write();
        Instance.Tell();
        while (Instance.Run == run && Instance is { Phase: ServerPhase.Up, InRecovery: true, PromotionsClose: false })
            await Task.Delay(Interval, Time, CancellationToken.None);
        return Instance is { Phase: ServerPhase.Up, InRecovery: false } && Instance.Run == run ? StepResult.Done($"accepts writes on timeline {Instance.Timeline}") : throw new IOException("the session was closed");
    }

    public Task<TimelineId> NextTimelineAsync(TimelineId own, bool asksArchive, CancellationToken cancel) => Task.FromResult(new TimelineId(Instance.NextTimeline));

    public async Task PassOverAsync(TimelineId from, TimelineId to, bool asksArchive, CancellationToken cancel)
    {
        await Take(1, 5, cancel);
        Write(data => data.PassedOver = Math.Max(data.PassedOver, to.Value - 1));
    }

    public string? ProblemOfPromotion() => Disk.Full ? "no space left" : null;

    public async Task<Answer<string>> BringLevelAsync(NodeObservation source, CancellationToken cancel)
    {
        var begun = Time.GetTimestamp();
        while (Instance.Phase != ServerPhase.Up || !Instance.Streaming || Instance.End < (source.Sql?.Flush ?? Lsn.Zero).Value)
        {
            if (Time.GetElapsedTime(begun) > TimeSpan.FromSeconds(10))
                return new Refusal(Code.WrongState, $"{Machine.Name} is not level", "wait until it has caught up");
            await Task.Delay(TimeSpan.FromMilliseconds(20), Time, cancel);
        }
        Instance.CheckPoint();
        return await AskArchiveAsync(source.Sql?.Timeline?.Value ?? 1, source.Sql?.Flush ?? Lsn.Zero, cancel);
    }

    public async Task<Answer<string>> AskArchiveAsync(CancellationToken cancel)
    {
        if (Instance.Phase != ServerPhase.Up)
            return new Refusal(Code.WrongState, $"{Machine.Name} does not run", $"start it first: POST instance/current on {Machine.Name}");
        var asked = await AskArchiveAsync(Mounted.Timeline, new(Instance.End), cancel);
        return asked.IsOk || asked.Refusal != ArchiveRules.Slow(Machine.Name) ? asked : $"; {asked.Refusal.Message}";
    }

    private async Task<Answer<string>> AskArchiveAsync(uint timeline, Lsn flushed, CancellationToken cancel)
    {
        if (Machine.Field.Archive is not { } archive)
            return "";
        await Take(1, 20, cancel);
        var refusal = archive.Hangs ? ArchiveRules.Slow(Machine.Name)
            : archive.Newer(timeline) is { } newest ? ArchiveRules.RefuseFollowing(Machine.Name, newest, new(timeline), flushed) : null;
        return refusal is null ? "; its archive says that nothing there leads away" : refusal;
    }

    public async Task<StepResult> HandOverAsync(bool acceptUnlogged, Func<Task<Refusal?>> refuse, CancellationToken cancel)
    {
        var called = Time.GetTimestamp();
        var run = Instance.Run;
        if (!Instance.Accepts)
            return StepResult.Failed(Code.WrongState, $"{Machine.Name} does not run", "repeat the call: it is planned anew");
        Instance.CheckPoint();
        await Take(2, 20, cancel);
        if (await refuse() is { } refusal)
            return StepResult.Failed(refusal);
        if (Instance.Run != run || !Instance.Accepts)
            return StepResult.Failed(Code.WrongState, $"{Machine.Name} does not run", "repeat the call: it is planned anew");
        var frozen = Time.GetElapsedTime(called);
        Instance.Frozen = true;
        World.After(TimeSpan.FromSeconds(5), null, () => GoOn(run)); // the guard lets it go on, whatever became of the agent
        await Take(5, 25, CancellationToken.None);
        if (Instance.Run != run || Instance.Phase != ServerPhase.Up || !Instance.Frozen)
            return StepResult.Failed(Code.StepFailed, $"the sessions of {Machine.Name} could not be ended", "writes go on; repeat the call");
        Instance.FlushNow();
        Instance.Crash(keepsWritten: true);
        await Take(5, 25, CancellationToken.None);
        return StepResult.Done("sessions ended and all flushed") with { LastWriteAt = frozen.TotalMilliseconds };
    }

    private void GoOn(long run)
    {
        if (Instance.Run != run || !Instance.Frozen)
            return;
        Instance.Frozen = false;
        if (Instance.Accepts)
            Machine.Field.Opened(Machine);
    }

    public async Task<ITakeOver?> OpenAsync(CancellationToken cancel)
    {
        await Take(1, 4, cancel);
        return Instance.Phase == ServerPhase.Up ? new TakingOver(this) : null;
    }

    private sealed class TakingOver(SimHands hands) : ITakeOver
    {
        public async Task<Refusal?> EndReceiverAsync(CancellationToken cancel)
        {
            var begun = hands.Time.GetTimestamp();
            while (hands.Instance.Streaming)
            {
                if (hands.Time.GetElapsedTime(begun) > TimeSpan.FromSeconds(5))
                    return new(Code.WrongState, $"{hands.Machine.Name} still receives WAL from somewhere", "look at its primary_conninfo");
                if (hands.Time.GetElapsedTime(begun) > TimeSpan.FromMilliseconds(200))
                    hands.Instance.EndReceiver();
                await Task.Delay(TimeSpan.FromMilliseconds(2), hands.Time, cancel);
            }
            return null;
        }

        public Task<Answer<string>> GiveTailAsync(WalPosition own, WalPosition theirs, IWalSource source, CancellationToken cancel) => hands.GiveTailAsync(own, theirs, source, cancel);

        public Task<StepResult> PromoteAsync(CancellationToken cancel) => hands.PromoteAsync(cancel);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    public async Task<StepResult> ReplayAsync(CancellationToken cancel)
    {
        var end = SimServer.Reach(Mounted, standby: true).End;
        WriteStandbySignal();
        if (await StartAsync(cancel) is { } failed)
            return StepResult.Failed(failed, neverWritable: true);
        while (Instance is { Phase: ServerPhase.Up } && Instance.End < end)
            await Task.Delay(Interval, Time, cancel);
        return await StopAsync(untilShutDown: false, onPurpose: false, cancel);
    }
}
