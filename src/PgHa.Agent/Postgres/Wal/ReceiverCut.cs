using System.Globalization;
using PgHa.Agent.Files;

namespace PgHa.Agent.Postgres;

/// <summary>
/// Cuts this standby off from its primary so that nothing of it, not even a process that is late, receives from there again: what has been flushed here then is all that was or will be
/// acknowledged to that primary. Of the real server, and of a simulated one.
/// </summary>
internal interface IReceiverCut
{
    /// <summary>Why this server cannot be cut off so that it is certain; null: it can.</summary>
    string? Problem();

    /// <summary>What <c>primary_conninfo</c> is now; null: the server does not run.</summary>
    Task<string?> UpstreamAsync(CancellationToken cancel);

    /// <summary>Empties it durably, and returns when the startup process has read that. Bounded by the caller.</summary>
    Task EmptyAsync(CancellationToken cancel);

    /// <summary>
    /// Ends every WAL receiver; true: none runs. A new session each time: whatever the startup process had asked the postmaster for before has been started by then.
    /// </summary>
    Task<bool> EndReceiverAsync(CancellationToken cancel);

    /// <summary>The end of what is flushed here. A WAL receiver reports no more than that to its primary.</summary>
    Task<ulong> EndAsync(CancellationToken cancel);

    /// <summary>Puts <c>primary_conninfo</c> back, where it is still empty.</summary>
    Task RestoreAsync(string upstream, CancellationToken cancel);
}

/// <summary>The real one.</summary>
internal sealed class ReceiverCut(DataDirectory data, LocalSql sql, TimeProvider time) : IReceiverCut
{
    private const string Name = "primary_conninfo";
    private const int FirstMajor = 14;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(5);

    /// <summary>
    /// A startup process that reads its settings late could still ask for a WAL receiver by the old one. It confirms a pause of replay only after it has read them anew. The server ends the pause
    /// by itself, whatever becomes of this agent.
    /// </summary>
    private const string SeeThatItWasRead = """
        DO $$
        BEGIN
          IF pg_is_wal_replay_paused() THEN RAISE EXCEPTION 'replay is paused'; END IF;
          PERFORM pg_wal_replay_pause();
          FOR i IN 1..200 LOOP
            EXIT WHEN pg_get_wal_replay_pause_state() = 'paused';
            PERFORM pg_sleep(0.005);
          END LOOP;
          IF pg_get_wal_replay_pause_state() <> 'paused' THEN RAISE EXCEPTION 'the startup process does not answer'; END IF;
          PERFORM pg_wal_replay_resume();
        EXCEPTION WHEN OTHERS OR query_canceled THEN
          IF SQLERRM <> 'replay is paused' THEN PERFORM pg_wal_replay_resume(); END IF;
          RAISE;
        END $$
        """;

    /// <inheritdoc />
    public string? Problem() => data.Major is { } major && major < FirstMajor ? $"PostgreSQL {major} does not show when it has read its settings: {FirstMajor} and later do" : null;

    /// <inheritdoc />
    public async Task<string?> UpstreamAsync(CancellationToken cancel)
    {
        if (PostmasterPid.ReadReady(data.Root) is not { } server)
            return null;
        await using var connection = await sql.OpenAsync(server, cancel);
        return await LocalSql.ScalarAsync(connection, $"SHOW {Name}", cancel);
    }

    /// <inheritdoc />
    public async Task EmptyAsync(CancellationToken cancel)
    {
        await SetAsync("", cancel);
        while (await UpstreamAsync(cancel) is { Length: > 0 }) // a new session each time: the postmaster has signalled all its children before it starts one with the new value
            await Task.Delay(Interval, time, cancel);
        await using var connection = await sql.OpenAsync(Server(), cancel);
        await LocalSql.ScalarAsync(connection, SeeThatItWasRead, cancel);
    }

    /// <inheritdoc />
    public async Task<bool> EndReceiverAsync(CancellationToken cancel)
    {
        var server = Server();
        await using var connection = await sql.OpenAsync(server, cancel);
        var known = await LocalSql.ScalarAsync(connection, "SELECT string_agg(pid::text, ' ') FROM pg_stat_activity WHERE backend_type = 'walreceiver'", cancel) ?? "";
        var running = known.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(pid => int.Parse(pid, CultureInfo.InvariantCulture))
            .Concat(ServerProcess.In(data.Root).Where(pid => ServerProcess.Parent(pid) == server.Pid && ServerProcess.MayReceive(pid, server.Pid))).Distinct().ToArray();
        foreach (var pid in running)
        {
            using var process = ServerProcess.Open(pid, data.Root);
            if (process is null || !ServerProcess.IsReceiver(pid))
                continue; // gone, or so new that its title does not tell what it is: the next look does
            process.Signal(Linux.SigTerm);
            process.Signal(Linux.SigCont); // one that was stopped by a signal does not end
        }
        if (running.Length > 0)
            await Task.Delay(Interval, time, cancel);
        return running.Length == 0;
    }

    /// <inheritdoc />
    public async Task<ulong> EndAsync(CancellationToken cancel)
    {
        await using var connection = await sql.OpenAsync(Server(), cancel);
        var end = await LocalSql.ScalarAsync(connection, "SELECT (greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) - '0/0')::text WHERE pg_is_in_recovery()", cancel);
        return ulong.Parse(end ?? throw new IOException("the server is not in recovery"), NumberStyles.None, CultureInfo.InvariantCulture);
    }

    /// <inheritdoc />
    public async Task RestoreAsync(string upstream, CancellationToken cancel)
    {
        if (await UpstreamAsync(cancel) is { Length: 0 })
            await SetAsync(upstream, cancel);
    }

    private async Task SetAsync(string value, CancellationToken cancel)
    {
        await using var connection = await sql.OpenAsync(Server(), cancel);
        await AutoConf.SetRunningAsync(connection, data.AutoConf, Name, value, cancel);
        await LocalSql.ScalarAsync(connection, "SELECT pg_reload_conf()::text", cancel);
    }

    private PostmasterPid Server() => PostmasterPid.ReadReady(data.Root) ?? throw new IOException("the server does not run");
}
