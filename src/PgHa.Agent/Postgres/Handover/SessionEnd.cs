using System.Globalization;
using Npgsql;
using PgHa.Agent.Files;
using PgHa.Client.Operations;

namespace PgHa.Agent.Postgres;

/// <summary>
/// Ends every process of a server that can commit. Its postmaster was told to stop, so that it starts no new ones. The processes themselves
/// are looked at, not pg_stat_activity alone, because before 18 a session that is still logging in is not listed there, and may run
/// SQL a moment later. A process that is not known to be harmless is ended.
/// </summary>
internal sealed class SessionEnd(DataDirectory data, TimeProvider time)
{
    /// <summary>
    /// Ends the sessions that are listed, and says which processes are harmless: our own and the server's helpers. Everything else can
    /// commit: clients, parallel and background workers, applying subscriptions, and WAL senders of a database, which run SQL, too.
    /// </summary>
    private const string Listed = """
        SELECT string_agg(CASE WHEN NOT harmless THEN pid || ' (' || coalesce(backend_type, 'of no type') || ')' END, ', '),
               string_agg(CASE WHEN harmless THEN pid::text END, ','),
               count(CASE WHEN NOT harmless THEN pg_terminate_backend(pid) END)
          FROM (SELECT pid, backend_type, pid = pg_backend_pid() OR coalesce(backend_type, '') IN ('walwriter', 'checkpointer', 'background writer',
                'archiver', 'logger', 'startup', 'autovacuum launcher', 'logical replication launcher', 'slotsync worker', 'walsummarizer', 'io worker')
                OR coalesce(backend_type, '') = 'walsender' AND datid IS NULL AND usesysid IS NOT NULL AS harmless FROM pg_stat_activity) processes
        """;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(1);

    /// <summary>
    /// Writes are interrupted while none of them ends. A session ends within milliseconds. One that has not by then (in a call that
    /// cannot be interrupted, or waiting for a disk that does not answer) may take minutes. It was told to end, and will be gone when
    /// the call is repeated.
    /// </summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>Null when none is left, or which do not end: none of them for a second, or all of them before the token is cancelled.</summary>
    internal async Task<Refusal?> RunAsync(ServerProcess postmaster, NpgsqlConnection connection, CancellationToken bound)
    {
        string[] left = [];
        var (fewest, since) = (int.MaxValue, time.GetTimestamp());
        try
        {
            while (true)
            {
                // A signal takes effect a moment later. Before that, a session may still be forked; after it, none will be.
                var stopped = postmaster.Frozen;
                left = await OneConnection.AnswerAsync(RoundAsync(postmaster, connection), time, bound); // without a token of its own, because a query is cancelled by way of the postmaster, which is stopped
                if (left.Length == 0 && stopped)
                    return null;
                if (left.Length < fewest)
                    (fewest, since) = (left.Length, time.GetTimestamp());
                else if (time.GetElapsedTime(since) > Patience)
                    return DoNotEnd(left);
                await Task.Delay(Interval, time, bound);
            }
        }
        catch (OperationCanceledException)
        {
            return DoNotEnd(left);
        }
    }

    private static Refusal DoNotEnd(string[] left) =>
        new(Code.StepFailed, left.Length == 0 ? "its postmaster does not stop" : $"these do not end: {string.Join(", ", left)}", "writes go on; end them, then repeat the call");

    /// <summary>Tells all to end. Returns those that were told, in words. Those that are not listed are looked for once all others are gone.</summary>
    private async Task<string[]> RoundAsync(ServerProcess postmaster, NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand(Listed, connection);
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        await reader.ReadAsync(CancellationToken.None);
        if (!reader.IsDBNull(0))
            return reader.GetString(0).Split(", ");
        var harmless = reader.GetString(1).Split(',').Select(pid => int.Parse(pid, CultureInfo.InvariantCulture)).Append(postmaster.Pid).ToHashSet();
        return [.. Unlisted(harmless).Select(End)];
    }

    /// <summary>What is not attached to the server's memory (the logger; up to 14 the statistics collector) cannot commit.</summary>
    private IEnumerable<int> Unlisted(HashSet<int> known) => ServerProcess.In(data.Root).Where(pid => !known.Contains(pid) && ServerProcess.SharesMemory(pid));

    private string End(int pid)
    {
        using var process = ServerProcess.Open(pid, data.Root);
        process?.Signal(Linux.SigTerm);
        return string.Create(CultureInfo.InvariantCulture, $"{pid} (not in pg_stat_activity: it may be logging in)");
    }
}
