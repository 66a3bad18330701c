using PgHa.Agent.Files;
using System.Globalization;
using PgHa.Agent.Configuration;

namespace PgHa.Agent.Postgres;

/// <summary>
/// The server process that was last seen on the data directory. As long as it lives it is this node's server, whatever the path leads to
/// by then (a rename, another file system mounted there, an empty directory in its place). <c>state_dir/server</c> tells the next run of
/// the agent: it need not outlive the machine, which the server does not outlive either.
/// </summary>
internal sealed class KnownServer(AgentOptions options) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly string _file = options.State.Server;
    private readonly string _stopped = options.State.Stopped;
    private ServerProcess? _process;
    private ServerPlace? _place;
    private bool _restored;
    private Action<ServerProcess>? _found;

    /// <summary>The process, while it lives.</summary>
    internal ServerProcess? Living
    {
        get
        {
            lock (_gate)
            {
                Restore();
                return _process is { Alive: true } process ? process : null;
            }
        }
    }

    /// <summary>The directory it works in, or worked in: its children may outlive it there. Null if none was ever seen.</summary>
    internal ServerPlace? Place
    {
        get
        {
            lock (_gate)
            {
                Restore();
                return _place;
            }
        }
    }

    /// <summary>
    /// The last one was seen before the machine, or the container, was restarted, and had no owner who would start it again himself. Nobody
    /// but the machine ended it then, unless it was stopped before: <see cref="StoppedOnPurpose"/>.
    /// </summary>
    internal bool EndedWithMachine => Words() is [var boot, _, _, _, _, var first, "own"] && (boot, first) != (ProcFile.Boot(), First());

    /// <summary>It was stopped through pgha, and none was seen since.</summary>
    internal bool StoppedOnPurpose => File.Exists(_stopped);

    /// <summary>It is stopped through pgha: no later run of the agent starts it by itself.</summary>
    internal void NoteStopped() => Note(() => DurableFile.Touch(_stopped));

    /// <summary>A handle of its own on the process, while it lives.</summary>
    internal ServerProcess? Open() => Living is { } process && process.Started is { } started ? ServerProcess.Reopen(process.Pid, started) : null;

    /// <summary>It was found on the data directory.</summary>
    internal ServerProcess Remember(ServerProcess process, ServerPlace place)
    {
        lock (_gate)
        {
            _process?.Dispose();
            (_process, _place, _restored) = (process, place, true);
            Note(() => DurableFile.Remove(_stopped));
            Write(process, place);
            TellOf(process);
            return process;
        }
    }

    /// <summary>From now on each server that is found is told of, once, with a handle of its own; the one that is known is, too.</summary>
    internal void Watch(Action<ServerProcess> found)
    {
        lock (_gate)
        {
            _found = found;
            if (_restored && _process is { } process)
                TellOf(process);
            Restore();
        }
    }

    public void Dispose() => _process?.Dispose();

    private void TellOf(ServerProcess process)
    {
        if (_found is { } found && process.Started is { } started && ServerProcess.Reopen(process.Pid, started) is { } own)
            found(own);
    }

    private void Write(ServerProcess process, ServerPlace place)
    {
        if (place.Identity is not { } identity)
            return;
        var owner = OwnerReading.Of(process.Pid) is null ? "own" : "owned";
        Note(() => DurableFile.ReplaceUnsynced(_file, string.Create(CultureInfo.InvariantCulture, $"{ProcFile.Boot()} {process.Pid} {process.Started} {identity.Device} {identity.Inode} {First()} {owner}\n")));
    }

    /// <summary>A full disk is no failure: this run of the agent knows it all the same.</summary>
    private static void Note(Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // the next run of the agent has to do without
        }
    }

    private void Restore()
    {
        if (_restored)
            return;
        _restored = true;
        if (Words() is not [var boot, var pid, var started, var device, var inode, ..] || boot != ProcFile.Boot()
            || !int.TryParse(pid, CultureInfo.InvariantCulture, out var number)
            || !ulong.TryParse(device, CultureInfo.InvariantCulture, out var on) || !ulong.TryParse(inode, CultureInfo.InvariantCulture, out var at))
            return;
        _place = ServerPlace.Of((on, at));
        if ((_process = ServerProcess.Reopen(number, started)) is { } process)
            TellOf(process);
    }

    /// <summary>When the machine's first process started: a container has another one after each restart, and the boot id of its host.</summary>
    private static string First() => ProcFile.Started(1) ?? "-";

    private string[]? Words()
    {
        try
        {
            return File.Exists(_file) ? SmallFile.Text(_file).Trim().Split(' ') : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
