using System.Text;

namespace PgHa.Agent.Files;

/// <summary>
/// Reads files that are small where all is well, and never more of them: a damaged or replaced file must not cost the agent its memory.
/// A longer one is an <see cref="IOException"/>, as one that cannot be read.
/// </summary>
public static class SmallFile
{
    /// <summary>Longer than any file that is read for a few words or numbers.</summary>
    public const int Usual = 1 << 16;

    /// <summary>Longer than any configuration file, journal entry or state of a slot.</summary>
    public const int Large = 1 << 26;

    /// <summary>The content of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="longest">Bytes.</param>
    /// <exception cref="IOException">It cannot be read, or has more bytes.</exception>
    /// <exception cref="UnauthorizedAccessException">The agent may not read it.</exception>
    public static byte[] Bytes(string path, int longest = Usual)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        var content = new byte[Math.Min(longest + 1, Math.Max(file.Length + 1, 1 << 12))]; // below /proc a file says that it has no length
        var length = 0;
        for (int read; (read = file.Read(content, length, content.Length - length)) > 0;)
        {
            length += read;
            if (length > longest)
                throw new IOException($"{path} has more than {longest} bytes");
            if (length == content.Length)
                Array.Resize(ref content, Math.Min(longest + 1, content.Length * 2));
        }
        return length == content.Length ? content : content[..length];
    }

    /// <summary>The same as text: UTF-8, with or without a mark.</summary>
    /// <param name="path">The file.</param>
    /// <param name="longest">Bytes.</param>
    public static string Text(string path, int longest = Usual) => Encoding.UTF8.GetString(Bytes(path, longest)).TrimStart('\uFEFF');

    /// <summary>The same line by line.</summary>
    /// <param name="path">The file.</param>
    /// <param name="longest">Bytes.</param>
    public static string[] Lines(string path, int longest = Usual)
    {
        var text = Text(path, longest);
        return text.Length == 0 ? [] : (text.EndsWith('\n') ? text[..^1] : text).Split('\n').Select(l => l.TrimEnd('\r')).ToArray();
    }
}
