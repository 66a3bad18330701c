using PgHa.Agent.Files;
using PgHa.Client.Facts;

namespace PgHa.Agent.Postgres;

/// <summary>How a shutdown ended.</summary>
/// <param name="Gone">The process is gone.</param>
/// <param name="ShutDown">The control file said "shut down" while the process was still there.</param>
/// <param name="Notes">What held it back, and what became of that; each begins with "; ".</param>
internal sealed record ShutdownEnd(bool Gone, bool ShutDown, string Notes);

/// <summary>
/// Waits for a server that shuts down, and ends what holds it back. WAL senders whose client takes nothing are ended after a while
/// (fact 13). Once the control file says "shut down" only archiver and WAL senders are left, all WAL is written and the checkpoint is
/// final: SIGQUIT to the postmaster then costs no crash recovery, and ends an archive_command that hangs (it is in the archiver's process
/// group). WAL that was not archived keeps its .ready mark.
/// </summary>
internal sealed class ShutdownWait(DataDirectory data, TimeProvider time)
{
    private static readonly TimeSpan SenderPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SenderInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan ShortInterval = TimeSpan.FromMilliseconds(5);

    /// <summary>
    /// A bound, no sleep: a server with nothing to archive is gone a moment after its control file says "shut down", and its end is seen at
    /// once. A WAL sender that is still there after that is not waited for.
    /// </summary>
    private static readonly TimeSpan UsuallyGone = TimeSpan.FromMilliseconds(100);

    /// <summary>The archiver is waited for as long as one file after the other gets archived.</summary>
    private static readonly TimeSpan ArchivePatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ArchiveWithin = TimeSpan.FromSeconds(60);

    /// <summary>Until the process is gone, or, if that is enough, until only what cannot write any more is left of it.</summary>
    internal async Task<ShutdownEnd> RunAsync(ServerProcess postmaster, IReadOnlyList<int> senders, bool untilShutDown, CancellationToken cancel)
    {
        var (begun, sendersEnded) = (time.GetTimestamp(), TimeSpan.Zero);
        var ended = new SortedSet<int>();
        long? shutDown = null;
        var (waiting, progress, quit) = (0, 0L, false);
        while (!await postmaster.ExitAsync(untilShutDown ? ShortInterval : Interval, time, cancel))
        {
            var waited = time.GetElapsedTime(begun);
            if (waited > SenderPatience && waited - sendersEnded > SenderInterval)
                (_, sendersEnded) = (EndSenders(senders, ended), waited);
            if (waited > Bound)
                return new(false, shutDown is not null, Notes(ended, quit));
            if (shutDown is null && SaysShutDown())
                (shutDown, progress, waiting) = (time.GetTimestamp(), time.GetTimestamp(), Unarchived().Length);
            if (shutDown is not { } since)
                continue;
            if (untilShutDown && (Unarchived().Length > 0 || time.GetElapsedTime(since) > UsuallyGone))
                return new(false, true, Notes(ended, quit));
            if (Unarchived().Length is var left && left < waiting)
                (waiting, progress) = (left, time.GetTimestamp());
            if (!quit && (time.GetElapsedTime(progress) > ArchivePatience || time.GetElapsedTime(since) > ArchiveWithin))
                quit = postmaster.Signal(Linux.SigQuit);
        }
        return new(true, shutDown is not null, Notes(ended, quit));
    }

    private bool SaysShutDown() => data.ReadControl() is { IsOk: true } control && ControlFacts.From(control.Value).StoppedCleanly;

    /// <summary>Asked again until it is gone: a sender that took the first SIGTERM between two writes is then stuck in sending its farewell.</summary>
    private bool EndSenders(IReadOnlyList<int> senders, SortedSet<int> ended)
    {
        foreach (var pid in senders)
        {
            using var sender = ServerProcess.Open(pid, data.Root);
            if (sender?.Signal(Linux.SigTerm) == true)
                ended.Add(pid);
        }
        return ended.Count > 0;
    }

    private string Notes(SortedSet<int> ended, bool quit)
    {
        var unarchived = Unarchived();
        return (ended.Count == 0 ? "" : $"; ended WAL sender {string.Join(", ", ended)}, which held the shutdown back for {SenderPatience.TotalSeconds} s")
            + (quit ? $"; ended by SIGQUIT after its control file said \"shut down\", because nothing was archived for {ArchivePatience.TotalSeconds} s" : "")
            + (unarchived.Length == 0 ? "" : $"; {unarchived.Length} WAL files wait to be archived ({unarchived[0]} first): they keep their .ready mark and are archived "
                + "when this node runs as primary again, as a standby only with archive_mode = always");
    }

    private string[] Unarchived()
    {
        var folder = Path.Combine(data.WalFolder, "archive_status");
        return Directory.Exists(folder)
            ? [.. Directory.EnumerateFiles(folder, "*.ready").Select(f => Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal)]
            : [];
    }
}
