using Npgsql;
using PgHa.Agent.Configuration;
using PgHa.Client.Operations;

namespace PgHa.Agent.Postgres;

/// <summary>Sets settings of the local server by ALTER SYSTEM, and lets it read them; those of a stopped server in postgresql.auto.conf.</summary>
internal sealed class SettingsWriting(AgentOptions options, DataDirectory data, PostgresBinaries binaries, LocalSql sql, TimeProvider time)
{
    /// <summary>Others than postmaster settings are in force in new sessions. What a session has of its own is not this setting's value.</summary>
    private const string Query = """
        SELECT lower(name), CASE WHEN pending_restart THEN 'waits' WHEN source IN ('client', 'session', 'user', 'database', 'database user', 'global') THEN 'own' ELSE concat('=', setting) END
          FROM pg_settings WHERE lower(name) IN
        """;

    private static readonly TimeSpan InForceWithin = TimeSpan.FromSeconds(5), LookAgain = TimeSpan.FromMilliseconds(20);

    internal async Task<StepResult> RunAsync(IReadOnlyList<SettingChange> changes, CancellationToken cancel)
    {
        if (PostmasterPid.ReadReady(data.Root) is { } server)
            return await OnRunningAsync(server, changes, cancel);
        foreach (var change in changes)
            if (change.Value is { } value)
                AutoConf.Set(data.AutoConf, change.Name, value);
            else
                AutoConf.Drop(data.AutoConf, change.Name);
        return StepResult.Done("written to postgresql.auto.conf: its server does not run");
    }

    private async Task<StepResult> OnRunningAsync(PostmasterPid server, IReadOnlyList<SettingChange> changes, CancellationToken cancel)
    {
        await using (var connection = await sql.OpenAsync(server, cancel))
        {
            foreach (var change in changes)
                if (await AlterAsync(connection, change, cancel) is { } refusal)
                    return StepResult.Failed(refusal);
            await LocalSql.ScalarAsync(connection, "SELECT pg_reload_conf()::text", cancel);
        }
        return await AwaitAsync(server, changes, cancel);
    }

    private async Task<Refusal?> AlterAsync(NpgsqlConnection connection, SettingChange change, CancellationToken cancel)
    {
        try
        {
            if (change.Value is { } value)
                await AutoConf.SetRunningAsync(connection, data.AutoConf, change.Name, value, cancel);
            else
                await AutoConf.ResetRunningAsync(connection, data.AutoConf, change.Name, cancel);
            return null;
        }
        catch (PostgresException e)
        {
            return new(Code.WrongState, $"PostgreSQL of {options.Node} does not accept {change.Words}: {e.MessageText}{(e.Detail is { } detail ? $" ({detail})" : "")}", e.Hint ?? "give another value");
        }
    }

    /// <summary>Asked by a new session each time: the postmaster has read them when it starts one with the new values.</summary>
    private async Task<StepResult> AwaitAsync(PostmasterPid server, IReadOnlyList<SettingChange> changes, CancellationToken cancel)
    {
        var wanted = new Dictionary<string, string?>();
        foreach (var change in changes)
            wanted[change.Name] = change.Name.Contains('.', StringComparison.Ordinal) ? null : (await binaries.SettingAsync(change.Name, cancel)).Value;
        for (var begun = time.GetTimestamp(); ; await Task.Delay(LookAgain, time, cancel))
        {
            var shown = await ShownAsync(server, [.. wanted.Keys], cancel);
            string[] waiting = [.. shown.Where(s => s.Value == "waits").Select(s => s.Key)];
            if (wanted.All(w => w.Value is null || (shown.TryGetValue(w.Key, out var now) && (now is "waits" or "own" || now == $"={w.Value}"))))
                return StepResult.Done(waiting.Length == 0 ? "in force" : $"set; only a restart brings {string.Join(", ", waiting)} into force");
            if (time.GetElapsedTime(begun) > InForceWithin)
                return StepResult.Failed(Code.StepFailed, $"{string.Join(", ", wanted.Keys)} was set, and another value stays in force", $"look at the server log of {options.Node}: it may not be able to read its files");
        }
    }

    private async Task<Dictionary<string, string>> ShownAsync(PostmasterPid server, string[] names, CancellationToken cancel)
    {
        await using var connection = await sql.OpenAsync(server, cancel);
        await using var command = new NpgsqlCommand($"{Query} ({AutoConf.Words(names)})", connection);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var shown = new Dictionary<string, string>();
        while (await reader.ReadAsync(cancel))
            shown[reader.GetString(0)] = reader.GetString(1);
        return shown;
    }
}
