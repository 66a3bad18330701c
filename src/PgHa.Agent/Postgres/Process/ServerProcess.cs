using System.Globalization;
using Microsoft.Win32.SafeHandles;
using PgHa.Agent.Files;

namespace PgHa.Agent.Postgres;

/// <summary>A process of the server on our data directory, held by a pidfd: its end is seen at once and its pid cannot be confused.</summary>
internal sealed class ServerProcess : IDisposable
{
    private readonly SafeFileHandle _handle;

    private ServerProcess(int pid, SafeFileHandle handle) => (Pid, _handle) = (pid, handle);

    internal int Pid { get; }

    internal bool Alive => !EndsWithin(0);

    /// <summary>Whether it has ended, or does within so many milliseconds.</summary>
    internal bool EndsWithin(int milliseconds) => Linux.HasExited(_handle, milliseconds);

    /// <summary>Stopped by a signal or a debugger: it runs and does nothing.</summary>
    internal bool Frozen => IsFrozen(Pid);

    /// <summary>When it started, in the kernel's own count: with the pid it names one process.</summary>
    internal string? Started => ProcFile.Started(Pid);

    /// <summary>The process if it runs, is no zombie, and works in our data directory (pids are reused).</summary>
    internal static ServerProcess? Open(int pid, string dataDirectory) => Open(pid, ServerPlace.At(dataDirectory));

    internal static ServerProcess? Open(int pid, ServerPlace place) => OpenIf(pid, () => place.Holds(pid) == Presence.Yes);

    /// <summary>The process that started at this moment, wherever it works.</summary>
    internal static ServerProcess? Reopen(int pid, string started) => OpenIf(pid, () => ProcFile.Started(pid) == started);

    /// <summary>Whether a process of that pid runs on our data directory.</summary>
    internal static bool Runs(int pid, string dataDirectory)
    {
        using var process = Open(pid, dataDirectory);
        return process is not null;
    }

    /// <summary>
    /// All processes that work in a data directory, or may: the postmaster and its children, also those that outlive it. Not the logger: it
    /// lives until no process holds the server's stderr any more, such as a program that a session or an archive_command once started, and writes
    /// nothing but the log.
    /// </summary>
    internal static IEnumerable<int> In(string dataDirectory) => In(ServerPlace.At(dataDirectory)).Select(found => found.Pid);

    /// <summary>The same, and of which of them it is certain.</summary>
    internal static IEnumerable<(int Pid, Presence Presence)> In(ServerPlace place) => Directory.EnumerateDirectories("/proc")
        .Select(d => int.TryParse(Path.GetFileName(d.AsSpan()), CultureInfo.InvariantCulture, out var pid) ? pid : 0)
        .Where(pid => pid > 0)
        .Select(pid => (pid, place.Holds(pid)))
        .Where(found => found.Item2 != Presence.No && State(found.pid) is not ('Z' or 'X' or null) && !IsLogger(found.pid));

    /// <summary>
    /// What is left of a server whose postmaster has ended: not what belongs to another one that somebody has started on the directory since.
    /// </summary>
    internal static IEnumerable<int> LeftOf(int ended, string dataDirectory)
    {
        var all = In(dataDirectory).ToArray();
        return PostmasterPid.Read(dataDirectory)?.Pid is { } next && next != ended && all.Contains(next) ? all.Where(pid => pid != next && Parent(pid) != next) : all;
    }

    /// <summary>
    /// The one process of a server that has no postmaster.pid, where there is one alone and no session: a postmaster in its first or its last
    /// moments. Processes that have begun to end do nothing any more, and have no title.
    /// </summary>
    internal static bool IsOnlyBeginningOrEnding(string dataDirectory) => In(dataDirectory).Where(pid => !ProcFile.IsSeenExiting(pid)).ToArray() switch
    {
        [] => true,
        [var only] => Title(only) is { } title && !title.StartsWith("postgres: ", StringComparison.Ordinal),
        _ => false,
    };

    /// <summary>Which process started it, or has adopted it; null if it is gone.</summary>
    internal static int? Parent(int pid) => ProcFile.Stat(pid) is { } stat && int.TryParse(stat[1], CultureInfo.InvariantCulture, out var parent) ? parent : null;

    /// <summary>
    /// Whether it is attached to the shared memory of a server: every server has a segment of System V beside its real one. Also where that
    /// cannot be seen. Who is not attached sees nothing of the database.
    /// </summary>
    internal static bool SharesMemory(int pid)
    {
        try
        {
            return SmallFile.Text($"/proc/{pid}/maps", SmallFile.Large).Contains("/SYSV", StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return !IsDead(pid);
        }
    }

    /// <summary>A WAL receiver, by its title.</summary>
    internal static bool IsReceiver(int pid) => Title(pid) is { } title && title.StartsWith("postgres: ", StringComparison.Ordinal) && title.Contains("walreceiver", StringComparison.Ordinal);

    /// <summary>The same, or so new that it has no title of its own yet, or one that cannot be read.</summary>
    internal static bool MayReceive(int pid, int postmaster) => !IsDead(pid) && (Title(pid) is not { } title || IsReceiver(pid) || title == Title(postmaster));

    internal static bool IsFrozen(int pid) => State(pid) is 'T' or 't';

    /// <summary>It has begun to end and does nothing any more: first its program cannot be seen, then its directory, then it is gone.</summary>
    internal bool IsEnding => ProcFile.IsSeenExiting(Pid) || !Alive;

    internal bool Signal(int signal) => Linux.Signal(_handle, signal);

    /// <summary>Completes when the process has ended; true, or false when the time is up first.</summary>
    internal Task<bool> ExitAsync(TimeSpan within, TimeProvider time, CancellationToken cancel) => Task.Factory.StartNew(
        () =>
        {
            var begun = time.GetTimestamp();
            while (!Linux.HasExited(_handle, (int)Math.Min(100, within.TotalMilliseconds)))
            {
                cancel.ThrowIfCancellationRequested();
                if (time.GetElapsedTime(begun) > within)
                    return false;
            }
            return true;
        },
        cancel, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>Completes when the process has ended, be it in a year, or when it is cancelled; the handle is given back then.</summary>
    internal Task EndAsync(CancellationToken cancel) => Task.Factory.StartNew(
        () =>
        {
            using (this)
                while (!cancel.IsCancellationRequested && !EndsWithin(1000))
                {
                }
        },
        CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    public void Dispose() => _handle.Dispose();

    /// <summary>A process that has ended and was not reaped yet, or none at all: nothing runs under this pid.</summary>
    internal static bool IsDead(int pid) => State(pid) is null or 'Z' or 'X';

    private static ServerProcess? OpenIf(int pid, Func<bool> isIt)
    {
        if (Linux.OpenProcess(pid) is not { } handle)
            return null;
        if (!Linux.HasExited(handle, 0) && isIt())
            return new(pid, handle);
        handle.Dispose();
        return null;
    }

    /// <summary>
    /// By its title, and by what a session that merely calls itself so could not do without. A server that starts is not attached either,
    /// but has no title yet.
    /// </summary>
    private static bool IsLogger(int pid) => Title(pid) is { } title
        && title.StartsWith("postgres: ", StringComparison.Ordinal) && title.EndsWith("logger", StringComparison.Ordinal) && !SharesMemory(pid);

    /// <summary>Its command line, which a server's processes make their title; null if it cannot be read.</summary>
    private static string? Title(int pid)
    {
        try
        {
            return SmallFile.Text($"/proc/{pid}/cmdline", SmallFile.Large).TrimEnd('\0', ' ');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The one-letter state; null if the process is gone.</summary>
    private static char? State(int pid) => ProcFile.Stat(pid)?[0][0];
}
