using System.Globalization;
using Npgsql;
using PgHa.Agent.Configuration;
using PgHa.Agent.Files;
using PgHa.Client.Operations;

namespace PgHa.Agent.Postgres;

/// <summary>The walreceiver of the running standby, and its end: only then is what the standby holds all that it will hold.</summary>
internal sealed class WalReceiver(AgentOptions options, DataDirectory data, TimeProvider time)
{
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(5);

    /// <summary>
    /// A bound, no sleep: a walreceiver ends by itself when it has received what the primary had sent, or is pointed elsewhere, and that is seen at
    /// once. If the network or a busy startup process keeps it waiting it is ended.
    /// </summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(2);

    /// <summary>The one that runs now, or null.</summary>
    internal async Task<ServerProcess?> FindAsync(NpgsqlConnection connection, CancellationToken cancel) =>
        await LocalSql.ScalarAsync(connection, "SELECT pid FROM pg_stat_wal_receiver", cancel) is { } pid
            ? ServerProcess.Open(int.Parse(pid, CultureInfo.InvariantCulture), data.Root) : null;

    /// <summary>Waits until no walreceiver writes WAL any more. Only then may another process write it (fact 26). Null, or why it still does.</summary>
    internal async Task<Refusal?> NoneStreamsAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        var begun = time.GetTimestamp();
        while (await LocalSql.ScalarAsync(connection, "SELECT pid FROM pg_stat_wal_receiver WHERE status = 'streaming'", cancel) is { } receiver)
        {
            using var process = ServerProcess.Open(int.Parse(receiver, CultureInfo.InvariantCulture), data.Root);
            if (await StillRunsAsync(process, begun, cancel) is { } still)
                return still;
        }
        return null;
    }

    /// <summary>
    /// Waits for the end of one that was pointed elsewhere by reload, and ends it if need be: it goes on where replay waits for something else, for
    /// example for a session that reads. Null, or why it still runs.
    /// </summary>
    internal async Task<Refusal?> EndAsync(ServerProcess receiver, CancellationToken cancel)
    {
        var begun = time.GetTimestamp();
        while (receiver.Alive)
            if (await StillRunsAsync(receiver, begun, cancel) is { } still)
                return still;
        return null;
    }

    private async Task<Refusal?> StillRunsAsync(ServerProcess? process, long begun, CancellationToken cancel)
    {
        if (time.GetElapsedTime(begun) > Within)
            return new(Code.WrongState, $"{options.Node} still receives WAL from somewhere", "look at its primary_conninfo");
        if (process is { Frozen: true } || time.GetElapsedTime(begun) > Patience)
            End(process);
        await Task.Delay(Interval, time, cancel);
        return null;
    }

    /// <summary>One that does not notice by itself hangs, or is stopped by a signal.</summary>
    private static void End(ServerProcess? receiver)
    {
        receiver?.Signal(Linux.SigTerm);
        receiver?.Signal(Linux.SigCont);
    }
}
