using Npgsql;
using PgHa.Agent.Files;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Postgres;

/// <summary>
/// A fast shutdown, verified: process and children gone, control file says so. WAL senders whose client takes nothing (a frozen
/// standby, a stuck logical consumer) would hold it back for wal_sender_timeout (fact 13); after a while they are ended: what their
/// client then misses is completed and proven before any role change relies on it.
/// </summary>
internal sealed class ServerStop(DataDirectory data, LocalSql sql, TimeProvider time)
{
    private static readonly TimeSpan SenderPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SenderInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan ChildInterval = TimeSpan.FromMilliseconds(2);

    internal async Task<StepResult> RunAsync(CancellationToken cancel)
    {
        var begun = time.GetTimestamp();
        using var postmaster = PostmasterPid.Read(data.Root) is { } server ? ServerProcess.Open(server.Pid, data.Root) : null;
        var ended = new SortedSet<int>();
        if (postmaster is not null)
        {
            if (postmaster.Frozen)
                return StepResult.Failed(Code.WrongState, $"the server process {postmaster.Pid} is frozen (stopped by a signal) and cannot shut down",
                    $"let it go on (kill -CONT {postmaster.Pid}), or end it (kill -9 {postmaster.Pid}), then repeat the call");
            var senders = await WalSendersAsync(cancel);
            postmaster.Signal(Linux.SigInt);
            for (var wait = SenderPatience; !await postmaster.ExitAsync(wait, time, cancel); wait = SenderInterval)
            {
                ended.UnionWith(EndSenders(senders));
                if (time.GetElapsedTime(begun) > Bound)
                    return StepResult.Failed(Code.StepFailed, $"the server is still shutting down after {Bound.TotalMinutes} minutes", "look at its log");
            }
        }
        while (ServerProcess.In(data.Root).Any() && time.GetElapsedTime(begun) < Bound)
            await Task.Delay(ChildInterval, time, cancel);
        return Verify(postmaster is not null, ended.Count == 0 ? ""
            : $"; ended WAL sender {string.Join(", ", ended)}, which held the shutdown back for {SenderPatience.TotalSeconds} s");
    }

    private StepResult Verify(bool ran, string ended)
    {
        if (ServerProcess.In(data.Root).ToArray() is { Length: > 0 } left)
            return StepResult.Failed(Code.StepFailed, $"processes of the server are still there: {string.Join(", ", left)}", "look at them, and end them");
        var control = data.ReadControl();
        if (!control.IsOk)
            return StepResult.Failed(Code.StepFailed, $"stopped, but pg_control cannot be read: {control.Error}", "look at the disk");
        var facts = ControlFacts.From(control.Value);
        var state = $"pg_control says {facts.State}, last checkpoint {facts.CheckPoint} on timeline {facts.Timeline}";
        return facts.StoppedCleanly || !ran
            ? StepResult.Done($"{(ran ? "process gone" : "no process was there")}, {state}{ended}")
            : StepResult.Failed(Code.StepFailed, $"the server ended uncleanly: {state}", "look at its log; its next start recovers it");
    }

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
            return []; // a server that does not answer is stopped all the same; only the remedy for stuck senders is missing
        }
    }

    /// <summary>
    /// Asked again until it is gone: a sender that took the first SIGTERM between two writes is then stuck in sending its farewell.
    /// </summary>
    private IEnumerable<int> EndSenders(IReadOnlyList<int> senders)
    {
        foreach (var pid in senders)
        {
            using var sender = ServerProcess.Open(pid, data.Root);
            if (sender?.Signal(Linux.SigTerm) == true)
                yield return pid;
        }
    }
}
