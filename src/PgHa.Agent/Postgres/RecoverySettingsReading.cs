using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Plans;
using PgHa.Client.Operations;

namespace PgHa.Agent.Postgres;

/// <summary>Reads the settings that decide whether this node can run in recovery: from its files, as the server itself reads them.</summary>
internal sealed class RecoverySettingsReading(AgentOptions options, DataDirectory data, PostgresBinaries binaries)
{
    private const string Target = "recovery_target";

    /// <summary>What PostgreSQL takes where nothing is set (12 and later).</summary>
    private static readonly KeyValuePair<string, string>[] NoTarget =
        [.. RecoverySettings.Targets.Select(n => KeyValuePair.Create(n, "")), new(RecoverySettings.Timeline, "latest")];

    internal async Task<Answer<RecoverySettings>> ReadAsync(CancellationToken cancel)
    {
        var control = data.ReadControl();
        if (!control.IsOk)
            return new Refusal(Code.WrongState, $"pg_control cannot be read: {control.Error}", "look at the disk");
        var mentioned = TargetMentioned();
        string[] asked = [.. RecoverySettings.Limits, .. mentioned ? NoTarget.Select(t => t.Key) : []];
        var values = await Task.WhenAll(asked.Select(name => binaries.SettingAsync(name, cancel)));
        if (values.FirstOrDefault(v => !v.IsOk).Refusal is { } failed)
            return failed;
        var limits = new Dictionary<string, int>
        {
            ["max_connections"] = control.Value.MaxConnections,
            ["max_prepared_transactions"] = control.Value.MaxPreparedXacts,
            ["max_locks_per_transaction"] = control.Value.MaxLocksPerXact,
            ["max_worker_processes"] = control.Value.MaxWorkerProcesses,
            ["max_wal_senders"] = control.Value.MaxWalSenders,
        };
        var settings = asked.Zip(values, (name, value) => KeyValuePair.Create(name, value.Value!));
        return new RecoverySettings(options.Node, settings.Concat(mentioned ? [] : NoTarget).ToDictionary(), limits)
        {
            ConninfoOnCommandLine = binaries.ServerOptions().Any(o => o.TrimStart('-').StartsWith("primary_conninfo=", StringComparison.Ordinal)),
        };
    }

    /// <summary>
    /// Whether a recovery target may be set at all. Each setting costs a run of the server program, and hardly ever is one of these set;
    /// with includes only the server itself knows.
    /// </summary>
    private bool TargetMentioned()
    {
        var arguments = binaries.ServerOptions();
        var named = arguments.FirstOrDefault(a => a.TrimStart('-').StartsWith("config_file=", StringComparison.Ordinal));
        var file = named is null ? Path.Combine(data.Root, "postgresql.conf") : named[(named.IndexOf('=', StringComparison.Ordinal) + 1)..];
        return arguments.Any(a => a.Replace('-', '_').Contains(Target, StringComparison.OrdinalIgnoreCase))
            || !File.Exists(file) || Mentions(file) || (File.Exists(data.AutoConf) && Mentions(data.AutoConf));
    }

    private static bool Mentions(string file) => File.ReadLines(file).Select(l => l.TrimStart()).Any(l =>
        l.StartsWith(Target, StringComparison.OrdinalIgnoreCase) || l.StartsWith("include", StringComparison.OrdinalIgnoreCase));
}
