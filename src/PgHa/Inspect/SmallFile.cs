using PgHa.Formats;

namespace PgHa.Inspect;

/// <summary>Reads small files whole, and of large ones no more than such a file can have.</summary>
internal static class SmallFile
{
    /// <summary>The file's bytes.</summary>
    /// <param name="path">The file.</param>
    /// <param name="what">What it should be, for the error.</param>
    /// <param name="most">The number of bytes to read at most.</param>
    internal static Parsed<byte[]> Read(string path, string what, int most)
    {
        try
        {
            if (Directory.Exists(path))
                return new FormatError(path, 0, what, "a directory");
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var bytes = new byte[(int)Math.Min(RandomAccess.GetLength(file), most)];
            return bytes[..RandomAccess.Read(file, bytes, 0)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            return new FormatError(path, 0, what, Why(e));
        }
    }

    /// <summary>Why a file could not be read, in few words.</summary>
    internal static string Why(Exception e) => e switch
    {
        FileNotFoundException or DirectoryNotFoundException => "no such file",
        UnauthorizedAccessException => "no permission to read it",
        NotSupportedException => "no regular file",
        _ => e.Message,
    };
}
