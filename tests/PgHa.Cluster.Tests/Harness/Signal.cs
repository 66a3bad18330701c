using System.Runtime.InteropServices;

namespace PgHa.Cluster.Tests.Harness;

/// <summary>kill(2): a process that is gone already is no error.</summary>
internal static partial class Signal
{
    public const int Hangup = 1, Interrupt = 2, Quit = 3, Kill = 9, Term = 15, Continue = 18, Stop = 19;

    /// <summary>0 and below would mean groups of processes, the tests' own among them.</summary>
    public static void Send(int pid, int signal) => _ = SendSignal(pid > 0 ? pid : throw new ArgumentOutOfRangeException(nameof(pid)), signal);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int pid, int signal);
}
