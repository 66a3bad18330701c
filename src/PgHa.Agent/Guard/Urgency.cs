using System.Runtime.InteropServices;

namespace PgHa.Agent.Guard;

/// <summary>Comes before everything else on a busy machine, as far as it is permitted: memory that is not paged out, realtime priority, and never chosen by the OOM killer.</summary>
internal static partial class Urgency
{
    private const int CurrentAndFutureOnFault = 7, FirstInFirstOut = 1; // only what is used is locked: .NET reserves far more

    /// <summary>Realtime priority for the thread that calls, because the kernel gives it to threads. What was not permitted, in words; null: nothing.</summary>
    internal static unsafe string? RaiseThread()
    {
        var priority = 1;
        return Schedule(0, FirstInFirstOut, &priority) == 0 ? null : "realtime priority (LimitRTPRIO)";
    }

    /// <summary>What the whole process gets. What was not permitted, in words; null: nothing.</summary>
    internal static string? Raise()
    {
        var refused = new List<string>();
        if (LockMemory(CurrentAndFutureOnFault) != 0)
            refused.Add("locked memory (LimitMEMLOCK)");
        try
        {
            File.WriteAllText("/proc/self/oom_score_adj", "-1000");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            refused.Add("exemption from the OOM killer (OOMScoreAdjust)");
        }
        return refused.Count == 0 ? null : string.Join(", ", refused);
    }

    [LibraryImport("libc", EntryPoint = "mlockall")]
    private static partial int LockMemory(int what);

    [LibraryImport("libc", EntryPoint = "sched_setscheduler")]
    private static unsafe partial int Schedule(int process, int policy, int* priority);
}
