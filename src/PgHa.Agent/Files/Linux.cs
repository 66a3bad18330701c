using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PgHa.Agent.Files;

/// <summary>The few system calls that .NET does not offer.</summary>
internal static partial class Linux
{
    internal const int SigInt = 2;
    internal const int SigHup = 1;
    internal const int SigQuit = 3;
    internal const int SigKill = 9;
    internal const int SigUsr2 = 12;
    internal const int SigTerm = 15;
    internal const int SigCont = 18;
    internal const int SigStop = 19;

    private const long PidfdSendSignal = 424;
    private const long PidfdOpen = 434;
    private const short PollIn = 1;
    private const int NoSpace = 28;
    private const int OverQuota = 122;
    private static readonly Lock UserNames = new();

    [StructLayout(LayoutKind.Sequential)]
    private struct PollFd
    {
        public int Descriptor;
        public short Wanted;
        public short Seen;
    }

    /// <summary>From now on what this process creates, and what its programs create, belongs to its user alone.</summary>
    internal static void KeepFilesPrivate() => _ = Umask(0x3F); // 077

    /// <summary>Whether a write failed for want of space, or of quota: .NET hands the system's own error number on.</summary>
    internal static bool IsDiskFull(IOException error) => error.HResult is NoSpace or OverQuota;

    /// <summary>Makes a file so long and has the disk keep room for all of it, so that writing there cannot fail for want of space; zeros are read.</summary>
    internal static void Allocate(SafeFileHandle file, long length)
    {
        if (PosixFallocate(file, 0, length) is var error and not 0)
            throw new IOException($"{length} bytes cannot be allocated: {Marshal.GetPInvokeErrorMessage(error)}", error);
    }

    /// <summary>A handle on a process that no reuse of its pid can confuse; null when there is no such process.</summary>
    internal static SafeFileHandle? OpenProcess(int pid)
    {
        var descriptor = SystemCall(PidfdOpen, pid, 0, 0, 0);
        return descriptor < 0 ? null : new SafeFileHandle((nint)descriptor, ownsHandle: true);
    }

    /// <summary>Sends a signal to exactly the process the handle was opened for; false when it is gone.</summary>
    internal static bool Signal(SafeFileHandle process, int signal) =>
        SystemCall(PidfdSendSignal, process.DangerousGetHandle(), signal, 0, 0) == 0;

    /// <summary>Waits until the process has ended (a zombie has); false when the time is up first. Zero only asks.</summary>
    internal static unsafe bool HasExited(SafeFileHandle process, int milliseconds)
    {
        var poll = new PollFd { Descriptor = (int)process.DangerousGetHandle(), Wanted = PollIn };
        return Poll(&poll, 1, milliseconds) > 0;
    }

    /// <summary>Which directory a path leads to: device and inode, the same whatever links or mounts lie on the way. Null if there is none.</summary>
    internal static (ulong Device, ulong Inode)? Identity(string path) => Look(path).Identity;

    /// <summary>The same with its owner, or why it cannot be said: nothing there is one thing, and not to be allowed to look another.</summary>
    internal static unsafe PathLook Look(string path)
    {
        const int atCurrentFolder = -100;
        const uint ownerAndInode = 0x108;
        const int size = 256, owner = 20, inode = 32, deviceMajor = 136, deviceMinor = 140; // struct statx, linux/stat.h
        var buffer = stackalloc byte[size];
        if (Statx(atCurrentFolder, path, 0, ownerAndInode, buffer) != 0)
            return new(null, 0, Marshal.GetLastPInvokeError());
        return new(((ulong)*(uint*)(buffer + deviceMajor) << 32 | *(uint*)(buffer + deviceMinor), *(ulong*)(buffer + inode)), *(uint*)(buffer + owner), 0);
    }

    /// <summary>The user this process acts as.</summary>
    internal static uint User => EffectiveUser();

    /// <summary>The name of a user; its number where it has none.</summary>
    internal static unsafe string NameOf(uint user)
    {
        lock (UserNames)
            return PasswordEntry(user) is var entry && entry != 0 && Marshal.PtrToStringUTF8(*(nint*)entry) is { } name
                ? name
                : user.ToString(System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>Whether another file system is mounted on this very directory, be it one's own tree again (a bind mount).</summary>
    internal static unsafe bool IsMountPoint(string path)
    {
        const int atCurrentFolder = -100;
        const int size = 256, attributes = 8; // struct statx, linux/stat.h
        const ulong mountRoot = 0x2000; // STATX_ATTR_MOUNT_ROOT
        var buffer = stackalloc byte[size];
        return Statx(atCurrentFolder, path, 0, 0, buffer) == 0 && (*(ulong*)(buffer + attributes) & mountRoot) != 0;
    }

    /// <summary>Whether this process may create, rename and remove names in a directory.</summary>
    internal static bool MayWrite(string folder)
    {
        const int writeAndSearch = 3;
        return Access(folder, writeAndSearch) == 0;
    }

    /// <summary>Whether this process may read what a path leads to.</summary>
    internal static bool MayRead(string path) => Access(path, 4) == 0;

    /// <summary>Whether this process may change what the file holds.</summary>
    internal static bool MayChange(string file) => Access(file, 2) == 0;

    /// <summary>Whether nobody may change the file, whoever owns it: it is immutable, or its file system is only to be read.</summary>
    internal static bool IsProtected(string file)
    {
        const int notPermitted = 1, readOnly = 30;
        return Access(file, 2) != 0 && Marshal.GetLastPInvokeError() is (notPermitted or readOnly);
    }

    /// <summary>rename(2): atomic, and a directory may take the place of an empty one.</summary>
    internal static void Rename(string from, string to)
    {
        if (RenameFile(from, to) != 0)
            throw new IOException($"rename {from} to {to}: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>Two names change places in one moment, so that neither is ever missing.</summary>
    internal static void Exchange(string one, string other)
    {
        const int atCurrentFolder = -100;
        const uint exchange = 2; // RENAME_EXCHANGE
        if (RenameAt2(atCurrentFolder, one, atCurrentFolder, other, exchange) != 0)
            throw new IOException($"exchange {one} and {other}: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>What changes with every write to a file, and with every other file put in its place; null if there is none.</summary>
    internal static unsafe FileVersion? Version(string path)
    {
        const int atCurrentFolder = -100;
        const uint basicStats = 0x7FF;
        const int size = 256, inode = 32, length = 40, changed = 96, written = 112, seconds = 1_000_000_000; // struct statx, linux/stat.h
        var buffer = stackalloc byte[size];
        if (Statx(atCurrentFolder, path, 0, basicStats, buffer) != 0)
            return null;
        return new(*(ulong*)(buffer + inode), *(long*)(buffer + length), Time(buffer + written), Time(buffer + changed));
        static long Time(byte* at) => *(long*)at * seconds + *(uint*)(at + 8);
    }

    /// <summary>Lets the disk begin with a range of a file, so that a later fsync has less to wait for. Nothing relies on it.</summary>
    internal static void BeginWriting(SafeFileHandle file, long offset, long length)
    {
        const uint write = 2; // SYNC_FILE_RANGE_WRITE
        _ = SyncFileRange(file, offset, length, write);
    }

    /// <summary>Makes file names created, renamed or removed in a directory durable.</summary>
    internal static void SyncDirectory(string path)
    {
        var descriptor = Open(path, 0, 0);
        if (descriptor < 0)
            throw new IOException($"open {path}: {Marshal.GetLastPInvokeErrorMessage()}");
        try
        {
            if (Fsync(descriptor) != 0)
                throw new IOException($"fsync {path}: {Marshal.GetLastPInvokeErrorMessage()}");
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    /// <summary>
    /// SIGHUP ends a process that has not begun to hear it, and one that executes a program has not yet. Ignored meanwhile it ends nothing; what it asks for is being done then: the configuration is read.
    /// .NET does not hear a signal that is ignored, so this is taken back right before it is to.
    /// </summary>
    /// <param name="ignored">Whether it is ignored from now on.</param>
    internal static void IgnoreHangup(bool ignored) => _ = SetSignal(Hangup, ignored ? Ignored : Default);

    /// <summary>
    /// execve(2): another program takes this process's place. It comes back only by an exception. Until the program hears SIGHUP it is ignored.
    /// While a thread executes another program, the kernel lets no thread that shares its working directory create a thread, and .NET ends the process when its pool cannot.
    /// So the thread that calls shares it no more.
    /// </summary>
    internal static unsafe void Become(string program, IEnumerable<string> arguments, IEnumerable<string> environment)
    {
        const int workingDirectory = 0x200; // CLONE_FS
        _ = Unshare(workingDirectory);
        var argv = Strings(arguments);
        var envp = Strings(environment);
        IgnoreHangup(true);
        fixed (nint* first = argv, variables = envp)
            _ = Execve(program, first, variables);
        throw new IOException($"{program} cannot be run: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>As C wants them: with a null at the end. They are never freed.</summary>
    private static nint[] Strings(IEnumerable<string> texts) => [.. texts.Select(Marshal.StringToCoTaskMemUTF8), 0];

    [LibraryImport("libc", EntryPoint = "execve", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int Execve(string path, nint* arguments, nint* environment);

    private const int Hangup = 1;
    private const nint Default = 0, Ignored = 1; // SIG_DFL, SIG_IGN

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial nint SetSignal(int signal, nint how);

    [LibraryImport("libc", EntryPoint = "unshare")]
    private static partial int Unshare(int what);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long SystemCall(long number, long a, long b, long c, long d);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static unsafe partial int Poll(PollFd* descriptors, ulong count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int Statx(int folder, string path, int flags, uint mask, byte* buffer);

    [LibraryImport("libc", EntryPoint = "access", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Access(string path, int mode);

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenameFile(string from, string to);

    [LibraryImport("libc", EntryPoint = "renameat2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenameAt2(int fromFolder, string from, int toFolder, string to, uint flags);

    [LibraryImport("libc", EntryPoint = "sync_file_range", SetLastError = true)]
    private static partial int SyncFileRange(SafeFileHandle file, long offset, long length, uint flags);

    /// <summary>Answers with the error number itself.</summary>
    [LibraryImport("libc", EntryPoint = "posix_fallocate")]
    private static partial int PosixFallocate(SafeFileHandle file, long offset, long length);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "umask")]
    private static partial uint Umask(uint mask);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint EffectiveUser();

    /// <summary>Into memory of its own, which the next call uses again.</summary>
    [LibraryImport("libc", EntryPoint = "getpwuid")]
    private static partial nint PasswordEntry(uint user);
}

/// <summary>What a path leads to.</summary>
/// <param name="Identity">Device and inode; null if that cannot be said.</param>
/// <param name="Owner">The user it belongs to.</param>
/// <param name="Error">Why it cannot be said, as the system numbers it; 0 where it can.</param>
internal readonly record struct PathLook((ulong Device, ulong Inode)? Identity, uint Owner, int Error)
{
    /// <summary>Nothing is there: no such file, directory or process.</summary>
    internal bool Missing => Error is 2 or 3 or 20;

    /// <summary>Why it cannot be said, in words.</summary>
    internal string Why => Marshal.GetPInvokeErrorMessage(Error);
}

/// <summary>One content of one file: as long as this is the same, nobody has written to it.</summary>
/// <param name="Inode">Which file.</param>
/// <param name="Length">Its size in bytes.</param>
/// <param name="Written">When it was last written, in nanoseconds; tools can set this back.</param>
/// <param name="Changed">When anything of it was last changed, in nanoseconds; only the kernel sets this.</param>
internal readonly record struct FileVersion(ulong Inode, long Length, long Written, long Changed);
