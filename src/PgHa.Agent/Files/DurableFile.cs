namespace PgHa.Agent.Files;

/// <summary>Files that are there after a power cut, whole or not at all.</summary>
internal static class DurableFile
{
    private const string Aside = ".pgha-new";

    /// <summary>Writes aside, fsyncs, renames over the old file and fsyncs the directory.</summary>
    internal static void Replace(string path, ReadOnlySpan<byte> content)
    {
        var aside = path + Aside;
        using (var file = new FileStream(aside, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0))
        {
            if (File.Exists(path))
                File.SetUnixFileMode(file.SafeFileHandle, File.GetUnixFileMode(path));
            file.Write(content);
            file.Flush(flushToDisk: true);
        }
        Rename(aside, path);
    }

    /// <summary>Removes what a process that was killed had begun to write aside: files of other names would never be replaced.</summary>
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
