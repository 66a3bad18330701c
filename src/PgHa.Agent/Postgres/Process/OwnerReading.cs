using PgHa.Agent.Files;
using PgHa.Client.Facts;

namespace PgHa.Agent.Postgres;

/// <summary>
/// Who owns a running server, from its control group and its parent process. If they cannot be read, no owner is known.
/// A server that pg_ctl has started has no owner: its parent is process 1, or another that adopts orphans, and its unit is the agent's.
/// </summary>
public static class OwnerReading
{
    private const string Agent = "pgha";

    /// <summary>Processes that are given the children of others, or start a server and end.</summary>
    private static readonly HashSet<string> NoOwners = new(StringComparer.Ordinal)
    {
        "systemd", "init", "tini", "dumb-init", "docker-init", "catatonit", "containerd-shim", "conmon", "pg_ctl", "pg_ctlcluster", Agent,
    };

    /// <summary>The owner of the server on a data directory; null if none runs, or none is known.</summary>
    public static ServerOwner? OfServerIn(string dataDirectory) =>
        PostmasterPid.Read(dataDirectory) is { } server && ServerProcess.Runs(server.Pid, dataDirectory) ? Of(server.Pid) : null;

    /// <summary>The owner of a postmaster, or null.</summary>
    internal static ServerOwner? Of(int postmaster)
    {
        var unit = Unit(Read($"/proc/{postmaster}/cgroup"));
        if (unit is not null && unit != Unit(Read("/proc/self/cgroup")) && !AgentUnits().Contains(unit))
            return new(unit);
        return ServerProcess.Parent(postmaster) is > 1 and var parent && Read($"/proc/{parent}/comm")?.Trim() is { Length: > 0 } name && !IsNoOwner(name) ? new(null, name, parent) : null;
    }

    /// <summary>
    /// The systemd service that a process belongs to, from the text of its <c>/proc/PID/cgroup</c>: the last unit of its path, if that is a
    /// service. A session is a scope, and a user's own manager owns nothing itself.
    /// </summary>
    public static string? Unit(string? cgroup)
    {
        var lines = (cgroup ?? "").Split('\n');
        var path = Path("0::", lines) is { Length: > 1 } unified ? unified : Path(":name=systemd:", lines);
        var unit = path?.Split('/').LastOrDefault(p => p.EndsWith(".service", StringComparison.Ordinal) || p.EndsWith(".scope", StringComparison.Ordinal) || p.EndsWith(".slice", StringComparison.Ordinal));
        return unit is not null && unit.EndsWith(".service", StringComparison.Ordinal) && !unit.StartsWith("user@", StringComparison.Ordinal) ? unit : null;
    }

    /// <summary>Whether a process of that name is no supervisor of the servers that are its children.</summary>
    public static bool IsNoOwner(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return NoOwners.Contains(name) || name.StartsWith("containerd-shim", StringComparison.Ordinal);
    }

    private static string? Path(string hierarchy, string[] lines) => lines
        .Where(l => hierarchy[0] == ':' ? l.Contains(hierarchy, StringComparison.Ordinal) : l.StartsWith(hierarchy, StringComparison.Ordinal))
        .Select(l => l[(l.IndexOf(hierarchy, StringComparison.Ordinal) + hierarchy.Length)..]).FirstOrDefault();

    /// <summary>The units that agents run in: what one of them has started stays there. An operator's <c>pgha config check</c> is in none.</summary>
    private static HashSet<string> AgentUnits() =>
        [.. Directory.EnumerateDirectories("/proc").Where(p => char.IsAsciiDigit(p[^1]) && Read(p + "/comm")?.Trim() == Agent).Select(p => Unit(Read(p + "/cgroup"))).OfType<string>()];

    private static string? Read(string path)
    {
        try
        {
            return SmallFile.Text(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
