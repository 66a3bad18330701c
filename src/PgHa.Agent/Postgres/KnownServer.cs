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
    private readonly string _file = Path.Combine(options.StateDir, "server");
    private ServerProcess? _process;
    private ServerPlace? _place;
    private bool _restored;

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

    /// <summary>The directory it works in, or worked in: its children may outlive it there. Null where none was ever seen.</summary>
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

    /// <summary>A handle of its own on the process, while it lives.</summary>
    internal ServerProcess? Open() => Living is { } process && process.Started is { } started ? ServerProcess.Reopen(process.Pid, started) : null;

    /// <summary>It was found on the data directory.</summary>
    internal ServerProcess Remember(ServerProcess process, ServerPlace place)
    {
        lock (_gate)
        {
            _process?.Dispose();
            (_process, _place, _restored) = (process, place, true);
            Write(process, place);
            return process;
        }
    }

    public void Dispose() => _process?.Dispose();

    private void Write(ServerProcess process, ServerPlace place)
    {
        if (place.Identity is not { } identity)
            return;
        try
        {
            var aside = _file + ".pgha-new";
            File.WriteAllText(aside, string.Create(CultureInfo.InvariantCulture, $"{ProcFile.Boot()} {process.Pid} {process.Started} {identity.Device} {identity.Inode}\n"));
            File.Move(aside, _file, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A full disk: this run of the agent knows it all the same.
        }
    }

    private void Restore()
    {
        if (_restored)
            return;
        _restored = true;
        if (Words() is not [var boot, var pid, var started, var device, var inode] || boot != ProcFile.Boot()
            || !int.TryParse(pid, CultureInfo.InvariantCulture, out var number)
            || !ulong.TryParse(device, CultureInfo.InvariantCulture, out var on) || !ulong.TryParse(inode, CultureInfo.InvariantCulture, out var at))
            return;
        _place = ServerPlace.Of((on, at));
        _process = ServerProcess.Reopen(number, started);
    }

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
