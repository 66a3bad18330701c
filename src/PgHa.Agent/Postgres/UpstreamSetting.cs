using PgHa.Agent.Configuration;
using PgHa.Client.Operations;

namespace PgHa.Agent.Postgres;

/// <summary>
/// <c>primary_conninfo</c>, of which only host, port, passfile and application_name are ours; the operator's sslmode, user and the
/// rest stay as they are.
/// </summary>
internal sealed class UpstreamSetting(AgentOptions options, DataDirectory data, PostgresBinaries binaries, LocalSql sql)
{
    private const string Name = "primary_conninfo";

    /// <summary>Points a stopped server at a node: in postgresql.auto.conf, which wins over the operator's file (fact 6).</summary>
    internal async Task<Refusal?> WriteAsync(string upstream, CancellationToken cancel)
    {
        var current = await binaries.SettingAsync(Name, cancel);
        if (!current.IsOk)
            return current.Refusal;
        if (PointAt(upstream, current.Value) is not { } wanted)
            return Unreadable(current.Value);
        if (wanted != current.Value)
            AutoConf.Set(data.AutoConf, Name, wanted);
        return null;
    }

    /// <summary>Points a running standby at a node, by ALTER SYSTEM and reload.</summary>
    internal async Task<StepResult> ReloadAsync(string upstream, CancellationToken cancel)
    {
        if (PostmasterPid.ReadReady(data.Root) is not { } server)
            return StepResult.Failed(Code.StepFailed, "the server does not run", "start it as a standby");
        await using var connection = await sql.OpenAsync(server, cancel);
        var current = await LocalSql.ScalarAsync(connection, $"SHOW {Name}", cancel) ?? "";
        if (PointAt(upstream, current) is not { } wanted)
            return StepResult.Failed(Unreadable(current));
        var literal = "'" + wanted.Replace("'", "''", StringComparison.Ordinal) + "'";
        await LocalSql.ScalarAsync(connection, $"ALTER SYSTEM SET {Name} = {literal}", cancel);
        await LocalSql.ScalarAsync(connection, "SELECT pg_reload_conf()::text", cancel);
        return StepResult.Done($"pointed at {upstream} and reloaded");
    }

    private string? PointAt(string upstream, string current)
    {
        var node = options.Nodes.First(n => n.Name == upstream);
        if (ConnInfo.Parse(current) is not { } info)
            return null;
        info.Set("host", node.PostgresHost).Remove("hostaddr")
            .Set("port", node.PostgresPort.ToString(System.Globalization.CultureInfo.InvariantCulture))
            .Set("application_name", options.Node);
        if (info["user"] is null)
            info.Set("user", options.Postgres.ReplicationUser);
        if (options.Postgres.Passfile is { } passfile)
            info.Set("passfile", passfile);
        return info.ToString();
    }

    private static Refusal Unreadable(string current) => new(Code.WrongState,
        $"primary_conninfo is not in keyword form: {(current.Contains("password", StringComparison.OrdinalIgnoreCase) ? "(hidden, it holds a password)" : current)}",
        "write it as host=… port=… user=…");
}
