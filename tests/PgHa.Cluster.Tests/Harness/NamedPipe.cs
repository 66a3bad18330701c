using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PgHa.Cluster.Tests.Harness;

/// <summary>A named pipe in place of a file holds up whoever reads that file.</summary>
internal static partial class NamedPipe
{
    private const int WriteOnlyNonBlocking = 0x801;

    /// <summary>Waits until somebody reads the pipe, who then waits until the handle is closed, and finds the file empty.</summary>
    public static async Task<SafeFileHandle> OpenForReader(string path)
    {
        SafeFileHandle? handle = null;
        await Wait.Until($"somebody reads {path}", () =>
        {
            handle = Open(path, WriteOnlyNonBlocking);
            return !handle.IsInvalid; // nobody reads yet
        });
        return handle!;
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle Open(string path, int flags);
}
