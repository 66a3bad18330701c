using PgHa.Agent.Files;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats.Control;

namespace PgHa.Agent.Postgres;

/// <summary>A fast shutdown of the known server where its data directory is not in its place any more: by its process alone.</summary>
internal sealed class MovedStop(ServerSearch search, TimeProvider time)
{
    private static readonly TimeSpan Within = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(5);

    /// <summary>Null if there is no such server.</summary>
    internal async Task<StepResult?> RunAsync(CancellationToken cancel)
    {
        using var process = search.OpenElsewhere();
        if (process is null)
            return null;
        if (process.Frozen)
            return ServerStop.Frozen(process);
        var (pid, where) = (process.Pid, ServerSearch.WhereNow(process.Pid));
        using var control = OpenControl(pid);
        process.Signal(Linux.SigInt);
        var begun = time.GetTimestamp();
        if (!await process.ExitAsync(Within, time, cancel))
            return StepResult.Failed(Code.StepFailed, $"the server, process {pid} {where}, is still shutting down after a minute", $"look at its log; kill -9 {pid} ends it");
        while (search.Left() is { } left)
        {
            if (time.GetElapsedTime(begun) > Within)
                return StepResult.Failed(Code.StepFailed, left, "look at them, and end them");
            await Task.Delay(Interval, time, cancel);
        }
        return StepResult.Done($"the server, process {pid} {where}, has ended; {State(control)}");
    }

    private static FileStream? OpenControl(int pid)
    {
        try
        {
            return new($"/proc/{pid}/cwd/global/pg_control", FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The file is written in place: that which was opened before the stop tells how it ended.</summary>
    private static string State(FileStream? control)
    {
        if (control is null)
            return "its control file cannot be read";
        var bytes = new byte[control.Length];
        control.ReadExactly(bytes);
        return ControlFile.Read(bytes, "pg_control") is { IsOk: true } read && ControlFacts.From(read.Value) is var facts
            ? $"pg_control says {facts.State.Words()}, last checkpoint {facts.CheckPoint} on timeline {facts.Timeline}{(facts.StoppedCleanly ? "" : ": its next start recovers it")}"
            : "its control file cannot be read";
    }
}
