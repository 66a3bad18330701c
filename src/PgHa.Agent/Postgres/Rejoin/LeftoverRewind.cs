using System.Globalization;
using PgHa.Agent.Files;
using PgHa.Client.Operations;

namespace PgHa.Agent.Postgres;

/// <summary>
/// A pg_rewind outlives the agent that began it. It writes by path, so it would write into a directory that takes the place of the one it works on.
/// It is ended before that. What it leaves cannot be started anyway (<see cref="RewindMarker"/>).
/// </summary>
internal static class LeftoverRewind
{
    private const int EndsWithin = 10_000; // milliseconds; only one that waits for a disk takes longer than a moment

    /// <summary>Null when none is at work on the directory any more, else which one is.</summary>
    internal static Refusal? End(string dataDirectory)
    {
        foreach (var pid in Directory.EnumerateDirectories("/proc").Select(Number).Where(pid => pid > 0 && WorksOn(pid, dataDirectory)))
        {
            using var process = Linux.OpenProcess(pid);
            if (process is null || !WorksOn(pid, dataDirectory))
                continue; // it ended by itself
            Linux.Signal(process, Linux.SigKill);
            if (!Linux.HasExited(process, EndsWithin))
                return new(Code.StepFailed, $"pg_rewind, process {pid}, of an operation that was broken off is still at work on {dataDirectory}", "look at the disk, then repeat the call");
        }
        return null;
    }

    private static int Number(string folder) => int.TryParse(Path.GetFileName(folder.AsSpan()), CultureInfo.InvariantCulture, out var pid) ? pid : 0;

    private static bool WorksOn(int pid, string dataDirectory)
    {
        try
        {
            var arguments = SmallFile.Text($"/proc/{pid}/cmdline", SmallFile.Large).Split('\0');
            return Path.GetFileName(arguments[0]) == "pg_rewind" && arguments.Contains(dataDirectory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // it ended meanwhile, or belongs to somebody else
        }
    }
}
