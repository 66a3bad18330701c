using System.Globalization;
using PgHa.Agent.Files;

namespace PgHa.Agent.Postgres;

/// <summary>
/// <c>postmaster.pid</c>, line by line as <c>miscadmin.h</c> (LOCK_FILE_LINE_*) lays it out: pid, data directory, start time, port,
/// socket directory, listen address, shared memory key, status. It may be stale: only the process itself is proof.
/// </summary>
/// <param name="Pid">The postmaster.</param>
/// <param name="Port">The port of socket and listener; null while starting.</param>
/// <param name="SocketDirectory">The first socket directory; null if there is none.</param>
/// <param name="ListenAddress">The first address listened on; null if there is none.</param>
/// <param name="Status">starting, stopping, ready or standby.</param>
internal sealed record PostmasterPid(int Pid, int? Port, string? SocketDirectory, string? ListenAddress, string Status)
{
    /// <summary>When it started, in the file's own words: with the pid it names one run of a server.</summary>
    internal string? Started { get; init; }

    /// <summary>A server in single-user mode: it serves nobody (its pid is written as a negative number).</summary>
    internal bool SingleUser { get; init; }

    internal bool Stopping => Status == "stopping";

    internal bool AcceptsConnections => Status is "ready" or "standby";

    /// <summary>More than any: the longest lines are a path and an address.</summary>
    private const int Longest = 16 << 10;

    /// <summary>The file's content, or null if it is missing, not written completely yet, or cannot be read.</summary>
    internal static PostmasterPid? Read(string dataDirectory) => Look(dataDirectory).Server;

    /// <summary>The same, and why it cannot be read: then nobody knows whether a server runs.</summary>
    internal static (PostmasterPid? Server, string? Unreadable) Look(string dataDirectory)
    {
        try
        {
            return (Parse(SmallFile.Text(Path.Combine(dataDirectory, "postmaster.pid"), Longest)), null);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return (null, null); // it comes and goes with the server
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, $"postmaster.pid cannot be read: {e.Message}");
        }
    }

    private static PostmasterPid? Parse(string text)
    {
        var lines = text.Split('\n');
        if (!int.TryParse(lines[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var pid))
            return null;
        return new(
            Math.Abs(pid),
            int.TryParse(Line(lines, 3), CultureInfo.InvariantCulture, out var port) ? port : null,
            Line(lines, 4), Line(lines, 5), Line(lines, 7) ?? "starting")
        {
            Started = Line(lines, 2),
            SingleUser = pid < 0,
        };
    }

    /// <summary>The content if that server lives and accepts connections, else null.</summary>
    internal static PostmasterPid? ReadReady(string dataDirectory) =>
        Read(dataDirectory) is { AcceptsConnections: true } server && ServerProcess.Runs(server.Pid, dataDirectory) ? server : null;

    private static string? Line(string[] lines, int index) =>
        index < lines.Length && lines[index].Trim() is { Length: > 0 } text ? text : null;
}
