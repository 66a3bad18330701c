using System.Text;
using PgHa.Agent.Configuration;
using PgHa.Agent.Files;

namespace PgHa.Agent.Postgres;

/// <summary>
/// What the server writes of itself: its stderr, and with <c>logging_collector</c> the file that <c>current_logfiles</c> names (syslogger.c).
/// </summary>
internal sealed class ServerLog(AgentOptions options, DataDirectory data)
{
    private const int Shown = 4;
    private const int Longest = 1 << 16;

    /// <summary>Where the server's stderr goes: never a pipe of the agent.</summary>
    internal string Stderr => options.Postgres.LogFile ?? options.State.ServerLog(options.Node);

    /// <summary>Where both files end now.</summary>
    internal Mark Now()
    {
        var collected = Collected();
        return new(Length(Stderr), collected, collected is null ? 0 : Length(collected), collected ?? Stderr);
    }

    /// <summary>What was written since, the reasons for an end first of all, and the file to look at.</summary>
    internal (string Words, string File) Since(Mark before)
    {
        var now = Collected();
        var begin = now == before.Collected ? before.CollectedLength : 0;
        string[] collected = now is not null && Length(now) > begin ? Lines(now, begin) : [];
        string[] all = [.. Lines(Stderr, before.StderrLength), .. collected];
        var ends = all.Where(l => l.Contains("FATAL:  ", StringComparison.Ordinal) || l.Contains("PANIC:  ", StringComparison.Ordinal)).TakeLast(2).ToArray();
        return (string.Join(" | ", ends.Length > 0 ? ends : all.TakeLast(Shown)), collected.Length > 0 ? now! : Stderr);
    }

    /// <summary>The collector's file in plain text; null if there is none.</summary>
    private string? Collected()
    {
        try
        {
            return SmallFile.Lines(Path.Combine(data.Root, "current_logfiles")).Select(l => l.Split(' ', 2)).FirstOrDefault(l => l is ["stderr", _]) is [_, var file]
                ? Path.GetFullPath(file, data.Root)
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static long Length(string file) => new FileInfo(file) is { Exists: true } info ? info.Length : 0;

    private static string[] Lines(string path, long begin)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            file.Seek(Math.Max(Math.Min(begin, file.Length), file.Length - Longest), SeekOrigin.Begin);
            using var reader = new StreamReader(file, Encoding.UTF8);
            return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>How long the files were.</summary>
    internal sealed record Mark(long StderrLength, string? Collected, long CollectedLength, string File);
}
