using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PgHa.Agent.Files;

/// <summary>
/// A timer on the machine's clock since boot (<c>timerfd</c> on <c>CLOCK_BOOTTIME</c>): a moment that passed while the machine was suspended is due as soon as it wakes up.
/// .NET's own timers stand still meanwhile.
/// </summary>
internal sealed partial class BootTimer : IDisposable
{
    private const int SinceBoot = 7, Absolute = 1, CloseOnExec = 0x80000;
    private const short PollIn = 1;
    private readonly SafeFileHandle _timer;

    internal BootTimer()
    {
        var descriptor = Create(SinceBoot, CloseOnExec);
        if (descriptor < 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError(), "timerfd_create");
        _timer = new(descriptor, ownsHandle: true);
    }

    /// <summary>The next moment at which it is due; null: never.</summary>
    internal unsafe void Set(TimeSpan? at)
    {
        var time = at is null ? TimeSpan.Zero : at.Value <= TimeSpan.Zero ? TimeSpan.FromTicks(1) : at.Value;
        var spec = stackalloc long[4]; // interval and value, seconds and nanoseconds each
        (spec[0], spec[1]) = (0, 0);
        (spec[2], spec[3]) = (time.Ticks / TimeSpan.TicksPerSecond, time.Ticks % TimeSpan.TicksPerSecond * 100);
        if (SetTime((int)_timer.DangerousGetHandle(), Absolute, spec, null) != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError(), "timerfd_settime");
    }

    /// <summary>Waits until it is due, or until so many milliseconds have passed. Another thread may set it meanwhile.</summary>
    internal unsafe bool IsDueWithin(int milliseconds)
    {
        var poll = new PollFd { Descriptor = (int)_timer.DangerousGetHandle(), Wanted = PollIn };
        return Poll(&poll, 1, milliseconds) > 0;
    }

    public void Dispose() => _timer.Dispose();

    [StructLayout(LayoutKind.Sequential)]
    private struct PollFd
    {
        public int Descriptor;
        public short Wanted;
        public short Seen;
    }

    [LibraryImport("libc", EntryPoint = "timerfd_create", SetLastError = true)]
    private static partial int Create(int clock, int flags);

    [LibraryImport("libc", EntryPoint = "timerfd_settime", SetLastError = true)]
    private static unsafe partial int SetTime(int timer, int flags, long* value, long* old);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static unsafe partial int Poll(PollFd* descriptors, ulong count, int milliseconds);
}
