using System.CommandLine;
using PgHa.Client.Operations;

namespace PgHa.Commands;

/// <summary><c>pgha manual</c> and <c>pgha automatic</c>: hand the cluster to manual mode, and back, without a stop of PostgreSQL.</summary>
internal static class ModeCommands
{
    internal static Command CreateManual()
    {
        var config = ConfigFile.Option();
        var command = new Command("manual", "Hand the cluster to manual mode without a stop: the record is ended, and nobody takes it. Then write failover.mode: manual and restart the agents.") { config };
        command.SetAction((parsed, cancel) => ToManualAsync(parsed.GetValue(config)!, cancel));
        return command;
    }

    internal static Command CreateAutomatic() => AgentCommands.Of("automatic",
        "Go back to automatic mode without a stop, once all agents run with failover.mode: automatic: the primary takes the record.", [],
        async (agent, _, cancel) => await agent.ChangeModeAsync(manual: false, cancel) is { } refusal ? AgentCommands.Refuse(refusal) : 0);

    /// <summary>The agent of the node that holds the record does it. Who that is may be learnt, or change, while it is asked for: then that node is asked, too.</summary>
    private static async Task<int> ToManualAsync(string config, CancellationToken cancel)
    {
        if (AgentCommands.Load(config) is not { } own)
            return 1;
        for (var (asked, refused) = ((string?)null, (Refusal?)null); ;)
        {
            var said = await own.ExplainAsync(cancel);
            if (!said.IsOk)
                return AgentCommands.Refuse(said.Refusal);
            var holder = said.Value is { Manual: false, Holder: { } node } ? node : "";
            if (refused is not null && holder == asked)
                return AgentCommands.Refuse(refused);
            (asked, var agent) = (holder, holder.Length > 0 ? AgentCommands.Load(config, holder) ?? own : own);
            refused = await agent.ChangeModeAsync(manual: true, cancel);
            if (refused is null)
                break;
        }
        Console.WriteLine("the record is ended: nothing is decided without a person. Write failover.mode: manual on all nodes and restart the agents; pgha automatic goes back");
        return 0;
    }
}
