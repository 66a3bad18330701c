using Microsoft.Win32.SafeHandles;
using PgHa.Agent.Files;
using PgHa.Agent.Postgres;

namespace PgHa.Agent.Guard;

/// <summary>
/// Ends every process of a data directory at once, without asking anybody. The postmaster is stopped first, so that it starts no other. It knows the directory by device and inode, because
/// somebody may rename it. <c>standby.signal</c> is written when all are gone: whoever starts the server next gets a standby.
/// </summary>
internal sealed class Fence(string dataDirectory)
{
    private const int WaitMilliseconds = 20;
    private ServerPlace _begun = ServerPlace.At(dataDirectory);

    /// <summary>A duty begins: what is guarded from now on is what the directory is now, because a new copy may have taken its place.</summary>
    internal void Begin() => _begun = ServerPlace.At(dataDirectory);

    /// <summary>One round: ends what it finds, and waits a moment for it. Whether it is certain that nothing was left.</summary>
    /// <exception cref="IOException">The processes cannot be seen.</exception>
    internal bool EndAll()
    {
        var now = ServerPlace.At(dataDirectory);
        ServerPlace[] places = now.Identity is null || now.Identity == _begun.Identity ? [_begun] : [_begun, now];
        var left = places.SelectMany(ServerProcess.In).Where(IsOurs).Select(found => found.Pid).Distinct().Select(pid => (Pid: pid, Handle: Hold(pid, places))).ToArray();
        foreach (var (pid, handle) in left)
            if (handle is not null && IsPostmaster(pid))
                Linux.Signal(handle, Linux.SigStop);
        foreach (var (_, handle) in left)
            if (handle is not null)
                Linux.Signal(handle, Linux.SigKill);
        foreach (var (_, handle) in left)
            using (handle)
                if (handle is not null)
                    Linux.HasExited(handle, WaitMilliseconds);
        return left.Length == 0;
    }

    /// <summary>The next start is one in recovery.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    internal void MakeStandby() => DurableFile.Touch(Path.Combine(dataDirectory, "standby.signal"));

    // One whose directory is hidden is ours if postmaster.pid names it.
    private bool IsOurs((int Pid, Presence Presence) found) =>
        found.Presence == Presence.Yes || (found.Presence == Presence.Untold && PostmasterPid.Read(dataDirectory)?.Pid == found.Pid);

    /// <summary>Held before it is looked at once more, because pids are used again.</summary>
    private static SafeFileHandle? Hold(int pid, ServerPlace[] places)
    {
        var handle = Linux.OpenProcess(pid);
        if (handle is null || places.Any(place => place.Holds(pid) != Presence.No))
            return handle;
        handle.Dispose();
        return null;
    }

    private static bool IsPostmaster(int pid) => ServerProcess.Parent(pid) is not { } parent || !ProcFile.IsPostgres(parent);
}
