using System.Security.Cryptography;

namespace PgHa.Cluster.Tests.Harness;

/// <summary>Everything in a folder, byte for byte: one line for each name below it, in order.</summary>
internal static class FolderContent
{
    /// <param name="folder">The folder; that there is none is a content, too.</param>
    /// <param name="but">What is passed over.</param>
    public static string[] Of(string folder, Predicate<FileSystemInfo>? but = null) => !Directory.Exists(folder) ? ["none"] :
    [
        .. new DirectoryInfo(folder).EnumerateFileSystemInfos("*", SearchOption.AllDirectories)
            .Where(each => but?.Invoke(each) != true)
            .OrderBy(each => each.FullName, StringComparer.Ordinal)
            .Select(Line),
    ];

    private static string Line(FileSystemInfo each) => each switch
    {
        { LinkTarget: { } target } => $"{each.FullName} leads to {target}",
        FileInfo file => $"{file.FullName} {file.Length} {Digest(file)}",
        _ => each.FullName,
    };

    private static string Digest(FileInfo file)
    {
        using var stream = file.OpenRead();
        return Convert.ToHexString(MD5.HashData(stream));
    }
}
