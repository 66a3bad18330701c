using PgHa.Agent.Files;
using PgHa.Client.Operations;

namespace PgHa.Agent.Postgres;

/// <summary>Starts the server by pg_ctl, so that it lives on without the agent, and waits until it accepts connections.</summary>
internal sealed class ServerStart(DataDirectory data, ServerSearch search, PostgresBinaries binaries, ServerLog log, EmptyLocks emptyLocks, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan ChildrenWithin = TimeSpan.FromSeconds(20);

    /// <summary>Null when the server accepts connections, else why not.</summary>
    internal async Task<Refusal?> RunAsync(CancellationToken cancel) =>
        await TryAsync(cancel) is not { } failed ? null
        : failed.Code == Code.StepFailed && await emptyLocks.RemoveOfSocketsAsync(cancel) ? await TryAsync(cancel)
        : failed;

    private async Task<Refusal?> TryAsync(CancellationToken cancel)
    {
        var folder = binaries.Folder();
        if (!folder.IsOk)
            return folder.Refusal;
        if (await MakeFreeAsync(cancel) is { } left)
            return left;
        var before = log.Now();
        var control = ToolRun.RunOnAsync(Path.Combine(folder.Value, "pg_ctl"),
            ["start", "-s", "-w", "-t", "86400", "-D", data.Configured, "-l", log.Stderr, "-o", Quote(binaries.ServerOptions())], cancel);
        var begun = time.GetTimestamp();
        while (PostmasterPid.ReadReady(data.Root) is null)
        {
            if (time.GetElapsedTime(begun) > ReadyWithin)
                return new(Code.StepFailed, $"the server does not accept connections after {ReadyWithin.TotalMinutes} minutes",
                    $"it goes on recovering by itself; a standby needs hot_standby = on; see {log.Now().File}");
            if (control.IsCompleted && await control is { Code: not 0 } ended)
                return Failed(ended.Error is { Length: > 0 } error ? error : $"pg_ctl ended with code {ended.Code}", before);
            await Task.Delay(Interval, time, cancel);
        }
        return null;
    }

    /// <summary>Waits until nothing of an earlier server works in the directory, and takes its lock files away; null, or what is left of it.</summary>
    internal async Task<Refusal?> MakeFreeAsync(CancellationToken cancel)
    {
        if (await AwaitEndOfChildrenAsync(cancel, unlessStarted: true) is { } left)
            return left;
        RemoveStaleLocks();
        await emptyLocks.RemovePidFileAsync(cancel);
        return null;
    }

    /// <summary>
    /// Children of a killed postmaster, and one that is ending, hold its shared memory for a moment; a new start must wait for them (fact 8).
    /// Null when it is certain that nothing is left.
    /// </summary>
    /// <param name="cancel">Ends the wait.</param>
    /// <param name="unlessStarted">A server that somebody else has started meanwhile (a supervisor) is not waited for.</param>
    internal async Task<Refusal?> AwaitEndOfChildrenAsync(CancellationToken cancel, bool unlessStarted = false)
    {
        var begun = time.GetTimestamp();
        (int Pid, Presence Presence)[] left;
        while ((left = search.Processes()).Any(found => found.Presence == Presence.Yes) || search.IsEnding)
        {
            if (unlessStarted && PostmasterPid.ReadReady(data.Root) is { } other)
                return new(Code.WrongState, $"somebody else has started a server on the data directory (process {other.Pid})", "repeat the call: it is planned anew");
            if (time.GetElapsedTime(begun) > ChildrenWithin)
                return new(Code.StepFailed, $"processes of an earlier server are still there: {string.Join(", ", left.Select(found => found.Pid))}", "look at them, and end them");
            await Task.Delay(Interval, time, cancel);
        }
        return await search.DoubtAsync(left) is { } doubt ? new(Code.WrongState, $"it cannot be told whether a server runs: {doubt}", "then repeat the call") : null;
    }

    /// <summary>
    /// Lock files of a server that was killed. Nothing works in the directory any more, but PostgreSQL would take the zombie of its old
    /// postmaster, or another process with its pid, for a running server.
    /// </summary>
    private void RemoveStaleLocks()
    {
        if (PostmasterPid.Read(data.Root) is not { } old || ServerPlace.At(data.Root).Holds(old.Pid) != Presence.No)
            return; // none, or that of a server that is being started by others
        var socketLock = old is { SocketDirectory: { } folder, Port: { } port } ? Path.Combine(folder, $".s.PGSQL.{port}.lock") : null;
        if (socketLock is not null && ServerProcess.IsDead(old.Pid) && File.Exists(socketLock) && SmallFile.Lines(socketLock).FirstOrDefault()?.Trim() == $"{old.Pid}")
            File.Delete(socketLock);
        DurableFile.Remove(Path.Combine(data.Root, "postmaster.pid"));
    }

    private Refusal Failed(string error, ServerLog.Mark before)
    {
        var (words, file) = log.Since(before);
        return new(Code.StepFailed, $"the server did not start: {(words.Length > 0 ? words : error.Trim())}", $"see {file}{(IsFull() ? $"; make room on the disk of {data.Root}" : "")}");
    }

    /// <summary>Less than a WAL segment is free; asked of the disk, because a server tells it in any language.</summary>
    private bool IsFull()
    {
        try
        {
            return new DriveInfo(data.Root).AvailableFreeSpace < 16 << 20;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>pg_ctl hands the options to a shell: each one quoted.</summary>
    private static string Quote(IEnumerable<string> arguments) =>
        string.Join(' ', arguments.Select(a => "'" + a.Replace("'", "'\\''", StringComparison.Ordinal) + "'"));
}
