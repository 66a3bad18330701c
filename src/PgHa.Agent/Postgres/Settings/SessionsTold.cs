namespace PgHa.Agent.Postgres;

/// <summary>
/// Whether the sessions of the local server know that commits wait for standbys. Only the checkpointer tells them, when it reads its settings anew, and in the middle of a checkpoint it may not come to that for
/// long: until then commits wait for nobody, whatever a new connection shows. It reads them before it looks whether a checkpoint is asked for. That moment may lie just behind it when the first one is, so it is
/// asked for two.
/// </summary>
internal sealed class SessionsTold(LocalSql sql)
{
    /// <summary>One server that is told, or was.</summary>
    private sealed record Telling(PostmasterPid Server, Task Done);

    private volatile Telling? _telling;

    /// <summary>Returns when they know it. To be asked while the setting is in force.</summary>
    internal async Task EnsureAsync(PostmasterPid server, CancellationToken cancel)
    {
        Telling? telling;
        do
        {
            telling = _telling;
            if (telling is null || telling.Server != server || telling.Done.IsFaulted)
                _telling = telling = new(server, TellAsync(server)); // nobody who waits for it ends it: another one would begin anew
            await telling.Done.WaitAsync(cancel);
        }
        while (_telling != telling); // it was forgotten meanwhile
    }

    /// <summary>The setting was empty meanwhile.</summary>
    internal void Forget() => _telling = null;

    private async Task TellAsync(PostmasterPid server)
    {
        await using var connection = await sql.OpenAsync(server, CancellationToken.None);
        // The checkpointer of a server that has read no settings since it was started had them before there were sessions.
        if (await LocalSql.ScalarAsync(connection, "SELECT (pg_conf_load_time() <= pg_postmaster_start_time())::text", CancellationToken.None) == "true")
            return;
        await LocalSql.ScalarAsync(connection, "CHECKPOINT", CancellationToken.None);
        await LocalSql.ScalarAsync(connection, "CHECKPOINT", CancellationToken.None);
    }
}
