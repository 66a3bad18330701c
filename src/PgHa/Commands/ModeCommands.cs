using System.CommandLine;

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

    /// <summary>The agent of the node that holds the record does it.</summary>
    private static async Task<int> ToManualAsync(string config, CancellationToken cancel)
    {
        if (AgentCommands.Load(config) is not { } own)
            return 1;
        var said = await own.ExplainAsync(cancel);
        if (!said.IsOk)
            return AgentCommands.Refuse(said.Refusal);
        var holder = said.Value is { Manual: false, Holder: { } node } ? AgentCommands.Load(config, node) ?? own : own;
        if (await holder.ChangeModeAsync(manual: true, cancel) is { } refusal)
            return AgentCommands.Refuse(refusal);
        Console.WriteLine("the record is ended: nothing is decided without a person. Write failover.mode: manual on all nodes and restart the agents; pgha automatic goes back");
        return 0;
    }
}
