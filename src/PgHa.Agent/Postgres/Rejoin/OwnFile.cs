using PgHa.Agent.Files;

namespace PgHa.Agent.Postgres;

/// <summary>What lies at one place of a data directory: a link, a file, a folder, or nothing, which is worth keeping, too.</summary>
/// <param name="Path">The place, below the data directory.</param>
/// <param name="Target">Where a link leads.</param>
/// <param name="Content">What a file holds.</param>
/// <param name="Mode">Who may do what with a file or a folder.</param>
internal sealed record OwnFile(string Path, string? Target = null, byte[]? Content = null, UnixFileMode? Mode = null)
{
    internal bool IsFolder => Mode is not null && Content is null;

    /// <summary>PostgreSQL's tools cannot write over it: they fail of a link where the other node has none, and of a file that is only to be read.</summary>
    internal bool HindersTools => Target is not null || (Content is not null && (Mode & UnixFileMode.UserWrite) == 0);

    internal static OwnFile Read(string directory, string path)
    {
        var place = System.IO.Path.Combine(directory, path);
        if (new FileInfo(place).LinkTarget is { } target)
            return new(path, Target: target);
        if (File.Exists(place))
            return new(path, Content: SmallFile.Bytes(place, SmallFile.Large), Mode: File.GetUnixFileMode(place));
        return Directory.Exists(place) ? new(path, Mode: File.GetUnixFileMode(place)) : new(path);
    }

    /// <summary>Whether just this lies there.</summary>
    internal bool IsIn(string directory)
    {
        if (Content is not null && new FileInfo(System.IO.Path.Combine(directory, Path)) is var file && !(file.Exists && file.Length == Content.Length))
            return false; // not to be read, however large
        var there = Read(directory, Path);
        return there.Target == Target && there.Mode == Mode && (there.Content ?? []).AsSpan().SequenceEqual(Content ?? []) && there.Content is null == Content is null;
    }

    /// <summary>Puts it there, durably, in place of whatever else there is, and on the way there.</summary>
    internal void PutInto(string directory)
    {
        if (IsIn(directory))
            return;
        var place = System.IO.Path.Combine(directory, Path);
        if (Target is not null || Mode is null || IsFolder != Directory.Exists(place) || new FileInfo(place).LinkTarget is not null)
            Remove(place);
        if (Target is null && Mode is null)
            return;
        MakeWay(directory);
        if (Target is not null)
            File.CreateSymbolicLink(place, Target);
        else if (Content is not null)
            DurableFile.Replace(place, Content, Mode);
        else
            File.SetUnixFileMode(Directory.CreateDirectory(place).FullName, Mode!.Value);
        Linux.SyncDirectory(System.IO.Path.GetDirectoryName(place)!);
    }

    /// <summary>Removes what lies at a place, all of it where it is a folder, a link only itself.</summary>
    internal static void Remove(string place)
    {
        if (new FileInfo(place) is var file && (file.LinkTarget is not null || file.Exists))
            file.Delete();
        else if (Directory.Exists(place))
            Directory.Delete(place, recursive: true);
        else
            return;
        Linux.SyncDirectory(System.IO.Path.GetDirectoryName(place)!);
    }

    /// <summary>What leads to it was a folder: links and files that stand there are not the node's.</summary>
    private void MakeWay(string directory)
    {
        var folder = directory;
        foreach (var part in Path.Split('/').SkipLast(1))
        {
            folder = System.IO.Path.Combine(folder, part);
            if (new FileInfo(folder) is { LinkTarget: not null } or { Exists: true })
                Remove(folder);
            Directory.CreateDirectory(folder);
        }
    }
}
