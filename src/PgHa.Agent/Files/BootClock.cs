using System.Runtime.InteropServices;

namespace PgHa.Agent.Files;

/// <summary>What the kernel says of this run of the machine. Not /proc/uptime: in a container that may be the container's.</summary>
internal static partial class BootClock
{
    private const int SinceBoot = 7; // CLOCK_BOOTTIME: it goes on while the machine is suspended

    [StructLayout(LayoutKind.Sequential)]
    private struct Timespec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }

    /// <summary>How long it has run; null where the kernel does not say.</summary>
    internal static TimeSpan? Elapsed() =>
        Read(SinceBoot, out var now) == 0 ? TimeSpan.FromSeconds(now.Seconds) + TimeSpan.FromMicroseconds(now.Nanoseconds / 1000) : null;

    /// <summary>Its id; null where it cannot be read.</summary>
    internal static string? Id()
    {
        try
        {
            return SmallFile.Text("/proc/sys/kernel/random/boot_id").Trim() is { Length: > 0 } id ? id : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int Read(int clock, out Timespec now);
}
