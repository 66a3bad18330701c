using Npgsql;
using PgHa.Agent.Files;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Postgres;

/// <summary>A fast shutdown, verified: process and children gone, control file says so.</summary>
internal sealed class ServerStop(DataDirectory data, ServerSearch search, MovedStop moved, LocalSql sql, ShutdownWait shutdown, TimeProvider time)
{
    private static readonly TimeSpan ChildrenWithin = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan ChildInterval = TimeSpan.FromMilliseconds(2);

    /// <param name="untilShutDown">Done as soon as the control file says "shut down" and only archiver and WAL senders linger.</param>
    /// <param name="cancel">Ends the wait.</param>
    internal async Task<StepResult> RunAsync(bool untilShutDown, CancellationToken cancel)
    {
        var elsewhere = await moved.RunAsync(cancel);
        if (elsewhere is { Failure: not null })
            return elsewhere;
        using var postmaster = PostmasterPid.Read(data.Root) is { } server ? ServerProcess.Open(server.Pid, data.Root) : null;
        if (postmaster is null && elsewhere is not null)
            return await search.DoubtAsync(search.Processes()) is { } doubt ? Doubtful(doubt) : elsewhere;
        if (postmaster is { Frozen: true })
            return Frozen(postmaster);
        var notes = "";
        if (postmaster is not null)
        {
            var senders = await WalSendersAsync(cancel);
            postmaster.Signal(Linux.SigInt);
            var end = await shutdown.RunAsync(postmaster, senders, untilShutDown, cancel);
            if (!end.Gone)
                return end.ShutDown && untilShutDown
                    ? StepResult.Done($"{State()}; its archiver or a WAL sender is still at work, which writes nothing{end.Notes}")
                    : StepResult.Failed(Code.StepFailed, "the server is still shutting down after 10 minutes", "look at its log");
            notes = end.Notes;
        }
        var begun = time.GetTimestamp();
        while (Left(postmaster).Any() && time.GetElapsedTime(begun) < ChildrenWithin)
            await Task.Delay(ChildInterval, time, cancel);
        return StartedAgain(postmaster) is { } again ? Again(again, untilShutDown, notes) : await VerifyAsync(postmaster, untilShutDown, notes);
    }

    internal static StepResult Frozen(ServerProcess postmaster) => StepResult.Failed(
        Code.WrongState, $"the server process {postmaster.Pid} is frozen (stopped by a signal) and cannot shut down",
        $"let it go on (kill -CONT {postmaster.Pid}), or end it (kill -9 {postmaster.Pid}), then repeat the call");

    private static StepResult Doubtful(string doubt) => StepResult.Failed(Code.WrongState, $"it cannot be told whether a server runs: {doubt}", "then repeat the call");

    private IEnumerable<int> Left(ServerProcess? postmaster) => postmaster is null
        ? search.Processes().Where(found => found.Presence == Presence.Yes).Select(found => found.Pid)
        : ServerProcess.LeftOf(postmaster.Pid, data.Root);

    /// <summary>The server that another program has started since; null if none was.</summary>
    private int? StartedAgain(ServerProcess? postmaster) =>
        postmaster is not null && PostmasterPid.Read(data.Root) is { } next && next.Pid != postmaster.Pid && ServerProcess.Runs(next.Pid, data.Root) ? next.Pid : null;

    /// <summary>A node that was demoted is a standby then, which is enough if it only must not write any more.</summary>
    private StepResult Again(int pid, bool untilShutDown, string notes) => untilShutDown && data.HasStandbySignal
        ? StepResult.Done($"process gone; somebody else has started it again since, in recovery (process {pid}){notes}")
        : StepResult.Failed(Code.StepFailed, $"the server ended, and somebody else has started it again since (process {pid})", "stop what starts it, then repeat the call");

    private async Task<StepResult> VerifyAsync(ServerProcess? postmaster, bool untilShutDown, string notes)
    {
        var ran = postmaster is not null;
        if (Left(postmaster).ToArray() is { Length: > 0 } left)
            return StepResult.Failed(Code.StepFailed, $"processes of the server are still there: {string.Join(", ", left)}", "look at them, and end them");
        if (await search.DoubtAsync(search.Processes()) is { } doubt)
            return StartedAgain(postmaster) is { } again ? Again(again, untilShutDown, notes) : Doubtful(doubt);
        var control = data.ReadControl();
        if (!control.IsOk)
            return StepResult.Failed(Code.StepFailed, $"stopped, but pg_control cannot be read: {control.Error}", "look at the disk");
        return ControlFacts.From(control.Value).StoppedCleanly || !ran
            ? StepResult.Done($"{(ran ? "process gone" : "no process was there")}, {State()}{notes}")
            : StepResult.Failed(Code.StepFailed, $"the server ended uncleanly: {State()}", "look at its log; its next start recovers it");
    }

    private string State() => data.ReadControl() is { IsOk: true } control && ControlFacts.From(control.Value) is var facts
        ? $"pg_control says {facts.State.Words()}, last checkpoint {facts.CheckPoint} on timeline {facts.Timeline}"
        : "pg_control cannot be read";

    private async Task<IReadOnlyList<int>> WalSendersAsync(CancellationToken cancel)
    {
        if (PostmasterPid.ReadReady(data.Root) is not { } server)
            return [];
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(TimeSpan.FromSeconds(1));
        try
        {
            await using var connection = await sql.OpenAsync(server, deadline.Token);
            var pids = await LocalSql.ScalarAsync(connection, "SELECT string_agg(pid::text, ',') FROM pg_stat_activity WHERE backend_type = 'walsender'", deadline.Token);
            return [.. (pids ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries).Select(p => int.Parse(p, System.Globalization.CultureInfo.InvariantCulture))];
        }
        catch (Exception e) when (e is NpgsqlException or OperationCanceledException or TimeoutException)
        {
            cancel.ThrowIfCancellationRequested();
            return []; // a server that does not answer is stopped all the same; only its stuck senders cannot be ended
        }
    }
}
