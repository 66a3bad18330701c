using Npgsql;
using PgHa.Client.Operations;

namespace PgHa.Agent.Postgres;

/// <summary>Lets the running server read its settings and pg_hba.conf again. Files that it could not read are named before, because the server only writes that into its log.</summary>
internal sealed class SettingsReload(DataDirectory data, LocalSql sql)
{
    /// <summary>What waits for a restart is no error here.</summary>
    private const string Wrong = """
        SELECT string_agg(said, '; ') FROM (
          SELECT concat(pg_file_settings.sourcefile, ' line ', pg_file_settings.sourceline, ': ', name, ' ', error) AS said FROM pg_file_settings LEFT JOIN pg_settings s USING (name)
           WHERE error IS NOT NULL AND NOT (error = 'setting could not be applied' AND s.context = 'postmaster')
          UNION ALL SELECT concat(current_setting('hba_file'), ' line ', line_number, ': ', error) FROM pg_hba_file_rules WHERE error IS NOT NULL) wrong
        """;

    private const string Pending = "SELECT string_agg(name, ', ' ORDER BY name) FROM pg_settings WHERE pending_restart";

    internal async Task<StepResult> RunAsync(CancellationToken cancel)
    {
        if (PostmasterPid.ReadReady(data.Root) is not { } server)
            return StepResult.Failed(Code.WrongState, "the server does not run", "start it first");
        await using var connection = await sql.OpenAsync(server, cancel);
        if (await LocalSql.ScalarAsync(connection, Wrong, cancel) is { Length: > 0 } wrong)
            return StepResult.Failed(Code.WrongState, $"its settings cannot be read: {wrong}", "correct the file, then repeat the call; what is in force stays so until then");
        await using (var command = new NpgsqlCommand("SELECT pg_reload_conf()", connection))
            await command.ExecuteNonQueryAsync(cancel);
        return StepResult.Done("told to read its settings again" + (await WaitingAsync(server, cancel) is { Length: > 0 } waiting ? $"; only a restart brings {waiting} into force" : ""));
    }

    /// <summary>A session that begins after the signal is forked by a postmaster that has read them, or is about to.</summary>
    private async Task<string?> WaitingAsync(PostmasterPid server, CancellationToken cancel)
    {
        await using var later = await sql.OpenAsync(server, cancel);
        return await LocalSql.ScalarAsync(later, Pending, cancel);
    }
}
