namespace PgHa.Agent.Succession;

/// <summary>What a refused connection tells of a server. Pure.</summary>
internal static class PulseRules
{
    private const string TooManyConnections = "53300", StartingUpOrShuttingDown = "57P03";

    /// <summary>Out of memory or disk, a system call that failed, an error inside: no session can begin, whoever asks for it.</summary>
    private static readonly string[] NoSessionBegins = ["53", "58", "XX"];

    /// <summary>
    /// A server that refuses this connection lets others in: too many of them, a login, a database. Not one that can begin no session; and one that starts up or
    /// shuts down has the time of a restart, not more.
    /// </summary>
    /// <param name="sqlState">Why it refused.</param>
    internal static bool Lives(string sqlState) =>
        sqlState == TooManyConnections || (sqlState != StartingUpOrShuttingDown && !NoSessionBegins.Any(c => sqlState.StartsWith(c, StringComparison.Ordinal)));
}
