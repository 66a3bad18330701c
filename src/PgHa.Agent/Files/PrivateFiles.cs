namespace PgHa.Agent.Files;

/// <summary>
/// The agent's own files: salvaged WAL holds rows, the journal names what operators did. Only the agent's user may read them. What an
/// earlier version, or a hand, left open to others is closed when the agent starts.
/// </summary>
internal static class PrivateFiles
{
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Closes these folders and all in them to others. Links are not followed. Names what had to be closed.</summary>
    internal static IReadOnlyList<string> Tighten(IEnumerable<string> folders)
    {
        var closed = new List<string>();
        foreach (var folder in folders.Where(Directory.Exists))
            foreach (var path in Directory.EnumerateFileSystemEntries(folder, "*", All).Prepend(folder))
                if (File.ResolveLinkTarget(path, returnFinalTarget: false) is null && Close(path))
                    closed.Add(path);
        return closed;
    }

    private static EnumerationOptions All { get; } = new()
    {
        RecurseSubdirectories = true,
        AttributesToSkip = 0,
        IgnoreInaccessible = true,
    };

    private static bool Close(string path)
    {
        var mode = File.GetUnixFileMode(path);
        if ((mode & Others) == 0)
            return false;
        File.SetUnixFileMode(path, mode & ~Others);
        return true;
    }
}
