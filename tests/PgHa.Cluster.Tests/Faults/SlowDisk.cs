using System.Diagnostics;
using System.Globalization;

namespace PgHa.Cluster.Tests.Faults;

/// <summary>Each flush of a process to its disk takes longer, because strace holds it up.</summary>
internal sealed class SlowDisk : IDisposable
{
    private readonly Process strace;
    private readonly string log = Path.GetTempFileName();

    private SlowDisk(int pid, TimeSpan by)
    {
        var held = string.Create(CultureInfo.InvariantCulture, $"inject=fdatasync,fsync:delay_enter={by.TotalMicroseconds:0}");
        strace = Process.Start(new ProcessStartInfo("strace", ["-f", "-q", "-p", pid.ToString(CultureInfo.InvariantCulture), "-e", "trace=fdatasync,fsync", "-e", held, "-o", log]))!;
    }

    /// <summary>How many flushes were held up.</summary>
    public int Flushes => File.ReadLines(log).Count(line => line.Contains("sync(", StringComparison.Ordinal));

    /// <summary>From now on it is slow, until this is disposed of.</summary>
    public static async Task<SlowDisk> Of(int pid, TimeSpan by)
    {
        var slow = new SlowDisk(pid, by);
        await Wait.Until("strace holds all threads", () => Directory.EnumerateDirectories($"/proc/{pid}/task").All(IsTraced));
        return slow;
    }

    public void Dispose()
    {
        Signal.Send(strace.Id, Signal.Term); // it lets the process go
        strace.WaitForExit();
        strace.Dispose();
        File.Delete(log);
    }

    private static bool IsTraced(string thread) => File.ReadLines(Path.Combine(thread, "status")).Any(line => line.StartsWith("TracerPid:", StringComparison.Ordinal) && line.Split('\t')[1] != "0");
}
