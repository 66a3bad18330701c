using System.Text;

namespace PgHa.Agent.Configuration;

/// <summary>Reads small text files that an operator named: bounded, so that naming /dev/zero is an error and not a hang.</summary>
internal static class BoundedFile
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads the whole file, or says why not.</summary>
    /// <param name="path">The file; the name of a link means what it points to.</param>
    /// <param name="largest">Bytes.</param>
    /// <param name="text">The content; empty if there is a complaint.</param>
    /// <param name="atMost">Permissions the file may have; null: any.</param>
    public static Complaint? Read(string path, int largest, out string text, UnixFileMode? atMost = null)
    {
        text = "";
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read);
            if (atMost is { } allowed && CheckMode(path, ModeOf(file), allowed) is { } tooOpen)
                return tooOpen;
            using var content = new MemoryStream();
            var buffer = new byte[4096];
            while (file.Read(buffer) is > 0 and var read)
            {
                content.Write(buffer, 0, read);
                if (content.Length > largest)
                    return new($"{path} is larger than {largest} bytes", "name the right file");
            }
            text = StrictUtf8.GetString(content.GetBuffer(), 0, (int)content.Length).TrimStart('\uFEFF');
            return null;
        }
        catch (Exception failure) when (Explain(path, failure) is { } complaint)
        {
            return complaint;
        }
    }

    // Asked of the open file: a path would give the mode of a link, and could be exchanged in between.
#pragma warning disable CA1416 // pgha runs on Linux only
    private static UnixFileMode ModeOf(FileStream file) => File.GetUnixFileMode(file.SafeFileHandle);
#pragma warning restore CA1416

    private static Complaint? CheckMode(string path, UnixFileMode mode, UnixFileMode allowed) =>
        (mode & ~allowed) == 0
            ? null
            : new($"{path} has mode {Octal(mode)}, at most {Octal(allowed)} is safe", $"chmod {Octal(allowed)} {path}");

    private static string Octal(UnixFileMode mode) => Convert.ToString((int)mode, 8).PadLeft(4, '0');

    private static Complaint? Explain(string path, Exception failure) => failure switch
    {
        FileNotFoundException or DirectoryNotFoundException => new($"{path} does not exist", "create it or name another file"),
        UnauthorizedAccessException when Directory.Exists(path) => new($"{path} is a directory", "name the file in it"),
        UnauthorizedAccessException => new($"{path} cannot be read: permission denied", $"let user {Environment.UserName} read it"),
        DecoderFallbackException => new($"{path} is not UTF-8 text", "name a text file, saved as UTF-8"),
        ArgumentException => new($"'{path}' is not a file name", "name a file"),
        IOException => new($"{path} cannot be read: {failure.Message}", "check the file and the disk it is on"),
        _ => null,
    };
}
