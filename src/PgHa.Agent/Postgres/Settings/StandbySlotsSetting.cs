using Microsoft.Extensions.Logging;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;

namespace PgHa.Agent.Postgres;

/// <summary>Keeps <c>synchronized_standby_slots</c> of the local node what it has to be once the node is primary.</summary>
internal sealed partial class StandbySlotsSetting(AgentOptions options, DataDirectory data, LocalSql sql, ILogger<StandbySlotsSetting> log)
{
    private readonly Dictionary<string, string> _slots = options.Nodes.ToDictionary(n => n.Name, n => SlotName.Of(n.Name));

    private (int Server, string Value)? _set;

    internal async Task LookAsync(ClusterView view, CancellationToken cancel)
    {
        if (StandbySlotsRules.For(options.Node, view, _slots) is not { } value || PostmasterPid.ReadReady(data.Root) is not { } server || _set == (server.Pid, value))
            return;
        await using var connection = await sql.OpenAsync(server, cancel);
        await AutoConf.SetRunningAsync(connection, data.AutoConf, "synchronized_standby_slots", value, cancel);
        await LocalSql.ScalarAsync(connection, "SELECT pg_reload_conf()::text", cancel);
        // Once for a server: a value on its command line stays what it is, and to set it again would change nothing.
        _set = (server.Pid, value);
        await using var fresh = await sql.OpenAsync(server, cancel);
        if (await LocalSql.ScalarAsync(fresh, "SELECT setting FROM pg_settings WHERE name = 'synchronized_standby_slots' AND source = 'command line'", cancel) is { } fixedValue)
            LogFixed(value, fixedValue);
        else
            LogSet(value);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "synchronized_standby_slots = '{Value}': what this node needs once it is primary")]
    private partial void LogSet(string value);

    [LoggerMessage(Level = LogLevel.Warning, Message = "synchronized_standby_slots should be '{Value}' for when this node is primary, but the server's command line says '{Fixed}': take it out there")]
    private partial void LogFixed(string value, string @fixed);
}
