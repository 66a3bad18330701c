namespace PgHa.Agent.Postgres;

/// <summary>
/// Whether the sessions of the local server know that commits wait for standbys. Only the checkpointer tells them, when it reads its settings anew, and in the middle of a checkpoint it may not come to that for
/// long: until then commits wait for nobody, whatever a new connection shows. It reads them before it begins a checkpoint that it is asked for.
/// </summary>
internal sealed class SessionsTold(LocalSql sql)
{
    private PostmasterPid? _told;
    private (PostmasterPid Server, Task Asks)? _asking;

    /// <summary>Returns when they know it. To be asked while the setting is in force.</summary>
    internal async Task EnsureAsync(PostmasterPid server, CancellationToken cancel)
    {
        if (_told == server)
            return;
        if (!await HasStartedWithItAsync(server, cancel))
        {
            if (_asking is not var (asked, before) || asked != server || before.IsFaulted)
                _asking = (server, CheckPointAsync(server)); // nobody who waits for it ends it: another one would begin anew
            await _asking.Value.Asks.WaitAsync(cancel);
        }
        (_told, _asking) = (server, null);
    }

    /// <summary>The setting was empty meanwhile.</summary>
    internal void Forget() => (_told, _asking) = (null, null);

    /// <summary>No settings were read since the server was started: the checkpointer had the setting before there were sessions.</summary>
    private async Task<bool> HasStartedWithItAsync(PostmasterPid server, CancellationToken cancel)
    {
        await using var connection = await sql.OpenAsync(server, cancel);
        return await LocalSql.ScalarAsync(connection, "SELECT (pg_conf_load_time() <= pg_postmaster_start_time())::text", cancel) == "true";
    }

    private async Task CheckPointAsync(PostmasterPid server)
    {
        await using var connection = await sql.OpenAsync(server, CancellationToken.None);
        await LocalSql.ScalarAsync(connection, "CHECKPOINT", CancellationToken.None);
    }
}
