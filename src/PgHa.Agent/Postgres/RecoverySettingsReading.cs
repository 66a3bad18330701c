using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Plans;
using PgHa.Client.Operations;

namespace PgHa.Agent.Postgres;

/// <summary>Reads the settings that decide whether this node can run in recovery: from its files, as the server itself reads them.</summary>
internal sealed class RecoverySettingsReading(AgentOptions options, DataDirectory data, PostgresBinaries binaries)
{
    private static readonly string[] Names = [.. RecoverySettings.Limits, .. RecoverySettings.Targets, RecoverySettings.Timeline];

    internal async Task<Answer<RecoverySettings>> ReadAsync(CancellationToken cancel)
    {
        var control = data.ReadControl();
        if (!control.IsOk)
            return new Refusal(Code.WrongState, $"pg_control cannot be read: {control.Error}", "look at the disk");
        var values = await Task.WhenAll(Names.Select(name => binaries.SettingAsync(name, cancel)));
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
        return new RecoverySettings(options.Node, Names.Zip(values).ToDictionary(p => p.First, p => p.Second.Value!), limits)
        {
            ConninfoOnCommandLine = binaries.ServerOptions().Any(o => o.TrimStart('-').StartsWith("primary_conninfo=", StringComparison.Ordinal)),
        };
    }
}
