using Microsoft.Extensions.Logging;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Plans;

namespace PgHa.Agent.Postgres;

/// <summary>Keeps <c>synchronized_standby_slots</c> of the local node what it has to be once the node is primary.</summary>
internal sealed partial class StandbySlotsSetting(AgentOptions options, DataDirectory data, LocalSql sql, ILogger<StandbySlotsSetting> log)
{
    private readonly Dictionary<string, string> _slots = options.Nodes.ToDictionary(n => n.Name, n => SlotName.Of(n.Name));

    internal async Task LookAsync(ClusterView view, CancellationToken cancel)
    {
        if (StandbySlotsRules.For(options.Node, view, _slots) is not { } value || PostmasterPid.ReadReady(data.Root) is not { } server)
            return;
        await using var connection = await sql.OpenAsync(server, cancel);
        await LocalSql.ScalarAsync(connection, $"ALTER SYSTEM SET synchronized_standby_slots = '{value}'", cancel);
        await LocalSql.ScalarAsync(connection, "SELECT pg_reload_conf()::text", cancel);
        LogSet(value);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "synchronized_standby_slots = '{Value}': what this node needs once it is primary")]
    private partial void LogSet(string value);
}
