namespace PgHa.Cluster.Tests.Harness;

/// <summary>All processes of one PostgreSQL server, found by their working directory: also those whose postmaster is gone.</summary>
internal static class ServerProcesses
{
    public static IReadOnlyList<int> Of(string dataDirectory) =>
        [.. AllProcesses().Where(pid => WorksIn(pid, dataDirectory) && IsAlive(pid))];

    public static IReadOnlyList<int> ChildrenOf(int parent) =>
        [.. AllProcesses().Where(pid => Parent(pid) == parent)];

    /// <summary>A zombie, which only waits for its parent to ask, is not alive.</summary>
    public static bool IsAlive(int pid) => State(pid) is not (null or 'Z' or 'X');

    public static bool IsFrozen(int pid) => State(pid) is null or 'T' or 'Z';

    /// <summary>Those whose command line is as wanted, its arguments parted by spaces.</summary>
    public static IReadOnlyList<int> Commanded(Func<string, bool> wanted) => [.. AllProcesses().Where(pid => CommandOf(pid) is { } line && wanted(line) && IsAlive(pid))];

    private static string? CommandOf(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline").Replace('\0', ' ');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // ended meanwhile
        }
    }

    private static IEnumerable<int> AllProcesses() =>
        Directory.EnumerateDirectories("/proc")
            .Select(path => int.TryParse(Path.GetFileName(path), out var pid) ? pid : 0)
            .Where(pid => pid > 0);

    private static bool WorksIn(int pid, string folder)
    {
        try
        {
            return File.ResolveLinkTarget($"/proc/{pid}/cwd", false)?.FullName == folder;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // ended meanwhile, or somebody else's
        }
    }

    private static int? Parent(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return null; // ended meanwhile
        }
    }

    private static char? State(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[stat.LastIndexOf(')') + 2];
        }
        catch (IOException)
        {
            return null;
        }
    }
}
