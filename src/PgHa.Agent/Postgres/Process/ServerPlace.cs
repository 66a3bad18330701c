using PgHa.Agent.Files;

namespace PgHa.Agent.Postgres;

/// <summary>A data directory as the processes of its server have it: by device and inode, not by name.</summary>
internal sealed class ServerPlace
{
    private readonly string? _path;
    private readonly uint _owner;

    private ServerPlace(string? path, (ulong, ulong)? identity, uint owner) => (_path, Identity, _owner) = (path, identity, owner);

    /// <summary>Device and inode; null if there is nothing, or nothing can be seen.</summary>
    internal (ulong Device, ulong Inode)? Identity { get; }

    /// <summary>What a path leads to now.</summary>
    internal static ServerPlace At(string dataDirectory) =>
        Linux.Look(dataDirectory) is { Identity: { } identity } look ? new(dataDirectory, identity, look.Owner) : new(dataDirectory, null, Linux.User);

    /// <summary>A directory that was seen before, whatever it is called now.</summary>
    internal static ServerPlace Of((ulong, ulong) identity) => new(null, identity, Linux.User);

    /// <summary>Whether a process belongs to the server here: it works here, and its program is postgres.</summary>
    internal Presence Holds(int pid)
    {
        var works = Linux.Look($"/proc/{pid}/cwd");
        if (works.Identity is { } directory)
            return directory == Identity ? Runs(pid) : Presence.No;
        return works.Missing ? Presence.No : Hidden(pid);
    }

    /// <summary>Whether a process is of the user whom the directory belongs to.</summary>
    internal bool IsOfOwner(int pid) => Linux.Look($"/proc/{pid}") is { Error: 0 } process && process.Owner == _owner;

    private static Presence Runs(int pid)
    {
        try
        {
            return Path.GetFileName(File.ResolveLinkTarget($"/proc/{pid}/exe", false)?.FullName)?.StartsWith("postgres", StringComparison.Ordinal) == true
                ? Presence.Yes
                : Presence.No;
        }
        catch (IOException)
        {
            return Presence.No; // it ended meanwhile
        }
        catch (UnauthorizedAccessException)
        {
            return ProcFile.IsPostgres(pid) ? Presence.Untold : Presence.No;
        }
    }

    /// <summary>
    /// Where the kernel hides the directory: a program with capabilities, for example. Not so for processes of other users: PostgreSQL runs
    /// as the owner of its directory only. The command line of the postmaster names the directory it was started on, in most cases; where it
    /// does not, postmaster.pid names the postmaster. A child that has lost its postmaster may be anybody's.
    /// </summary>
    private Presence Hidden(int pid)
    {
        if (!IsOfOwner(pid) || !ProcFile.IsPostgres(pid) || ProcFile.IsExiting(pid))
            return Presence.No;
        var oldest = pid;
        while (ProcFile.Parent(oldest) is > 1 and var parent && ProcFile.IsPostgres(parent))
            oldest = parent;
        var line = ProcFile.Arguments(oldest);
        if (DirectoryOf(line) is { } path && Path.IsPathRooted(path) && File.Exists(Path.Combine(path, "PG_VERSION"))) // -D may lead to a configuration
            return Linux.Identity(path) == Identity ? Presence.Yes : Presence.No;
        return line[0].StartsWith("postgres: ", StringComparison.Ordinal) || IsNamed(oldest) ? Presence.Untold : Presence.No;
    }

    /// <summary>In its own PID namespace it may have another number.</summary>
    private bool IsNamed(int pid) => _path is not null && PostmasterPid.Read(_path) is { } named && ProcFile.Numbers(pid).Contains(named.Pid);

    private static string? DirectoryOf(string[] arguments)
    {
        if (arguments.Any(a => a.Contains("data_directory", StringComparison.Ordinal)))
            return null;
        var at = Array.FindIndex(arguments, a => a.StartsWith("-D", StringComparison.Ordinal));
        return at < 0 ? null : arguments[at].Length > 2 ? arguments[at][2..] : at + 1 < arguments.Length ? arguments[at + 1] : null;
    }
}
