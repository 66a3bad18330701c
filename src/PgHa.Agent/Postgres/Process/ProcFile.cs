using PgHa.Agent.Files;

namespace PgHa.Agent.Postgres;

/// <summary>What everybody may read about a process below <c>/proc</c>, also where its working directory and program are hidden.</summary>
internal static class ProcFile
{
    /// <summary>What <c>stat</c> says after the name in parentheses, from the state (the third field) on; null if the process is gone.</summary>
    internal static string[]? Stat(int pid) => Text(pid, "stat") is { } stat ? stat[(stat.LastIndexOf(')') + 2)..].Split(' ') : null;

    /// <summary>When it started, in the kernel's own count since the machine did: with the pid it names one process.</summary>
    internal static string? Started(int pid) => Stat(pid)?[22 - 3];

    /// <summary>Its parent; 0 where there is none.</summary>
    internal static int Parent(int pid) => Stat(pid) is { } stat ? int.Parse(stat[1], System.Globalization.CultureInfo.InvariantCulture) : 0;

    /// <summary>It has begun to end and does nothing any more.</summary>
    internal static bool IsExiting(int pid) => Stat(pid) is not { } stat || (uint.Parse(stat[9 - 3], System.Globalization.CultureInfo.InvariantCulture) & 4) != 0;

    /// <summary>The same, but false if that cannot be read: a server counts as gone only if that was seen.</summary>
    internal static bool IsSeenExiting(int pid) => Stat(pid) is not null && IsExiting(pid);

    /// <summary>Its pid in every PID namespace that it is in.</summary>
    internal static int[] Numbers(int pid) =>
        [.. ((Text(pid, "status") ?? "").Split('\n').FirstOrDefault(l => l.StartsWith("NSpid:", StringComparison.Ordinal)) ?? "")
            .Split('\t', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(n => int.Parse(n, System.Globalization.CultureInfo.InvariantCulture))];

    /// <summary>Whether its program is called as a PostgreSQL server is.</summary>
    internal static bool IsPostgres(int pid) => Text(pid, "comm") is { } name && (name.StartsWith("postgres", StringComparison.Ordinal) || name.StartsWith("postmaster", StringComparison.Ordinal));

    /// <summary>Its command line; empty if it is gone.</summary>
    internal static string[] Arguments(int pid) => (Text(pid, "cmdline") ?? "").TrimEnd('\0').Split('\0');

    /// <summary>This run of the machine.</summary>
    internal static string? Boot() => Read("/proc/sys/kernel/random/boot_id")?.Trim();

    private static string? Text(int pid, string file) => Read($"/proc/{pid}/{file}");

    private static string? Read(string path)
    {
        try
        {
            return SmallFile.Text(path, SmallFile.Large);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // it has ended
        }
    }
}
