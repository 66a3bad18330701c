namespace PgHa.Agent.Files;

/// <summary>Files that are there after a power cut, whole or not at all.</summary>
internal static class DurableFile
{
    private const string Aside = ".pgha-new";

    /// <summary>Writes aside, fsyncs, renames over the old file and fsyncs the directory. Where that fails, the old file is as it was and nothing lies beside it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="content">What it holds then.</param>
    /// <param name="mode">Who may do what with it; null for as it was.</param>
    internal static void Replace(string path, ReadOnlySpan<byte> content, UnixFileMode? mode = null)
    {
        var aside = path + Aside;
        try
        {
            WriteAside(aside, content, mode ?? (File.Exists(path) ? File.GetUnixFileMode(path) : null));
            Rename(aside, path);
        }
        catch
        {
            Forget(aside);
            throw;
        }
    }

    /// <summary>Whole or not at all, as <see cref="Replace"/>, but not fsynced. For files that need not outlive the machine.</summary>
    internal static void ReplaceUnsynced(string path, string content)
    {
        var aside = path + Aside;
        try
        {
            File.WriteAllText(aside, content);
            File.Move(aside, path, overwrite: true);
        }
        catch
        {
            Forget(aside);
            throw;
        }
    }

    /// <summary>Why a file of this length could not be written beside this one now, or null.</summary>
    internal static string? Problem(string path, int length)
    {
        var aside = path + Aside;
        try
        {
            File.WriteAllText(aside, new string(' ', length));
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
        finally
        {
            Forget(aside);
        }
    }

    private static void WriteAside(string aside, ReadOnlySpan<byte> content, UnixFileMode? mode)
    {
        using var file = new FileStream(aside, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        if (mode is { } wanted)
            File.SetUnixFileMode(file.SafeFileHandle, wanted);
        file.Write(content);
        file.Flush(flushToDisk: true);
    }

    /// <summary>Removes half a file, because on a full disk it takes room that the next one needs.</summary>
    private static void Forget(string aside)
    {
        try
        {
            File.Delete(aside);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What failed before says why.
        }
    }

    /// <summary>Removes what a killed process had begun to write aside, because files under such names are never replaced.</summary>
    internal static void RemoveUnfinished(string folder)
    {
        foreach (var aside in Directory.EnumerateFiles(folder, "*" + Aside))
            File.Delete(aside);
    }

    /// <summary>Renames over an existing file and makes the name durable.</summary>
    internal static void Rename(string from, string to)
    {
        File.Move(from, to, overwrite: true);
        Linux.SyncDirectory(Path.GetDirectoryName(to)!);
    }

    /// <summary>Creates an empty file if it is missing, durably.</summary>
    internal static void Touch(string path)
    {
        if (File.Exists(path))
            return;
        using (var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            file.Flush(flushToDisk: true);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Linux.SyncDirectory(Path.GetDirectoryName(path)!);
    }

    /// <summary>Removes a file if it is there, durably.</summary>
    internal static void Remove(string path)
    {
        if (!File.Exists(path))
            return;
        File.Delete(path);
        Linux.SyncDirectory(Path.GetDirectoryName(path)!);
    }
}
