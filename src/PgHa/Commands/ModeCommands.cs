using System.CommandLine;
using PgHa.Access;
using PgHa.Client.Operations;

namespace PgHa.Commands;

/// <summary><c>pgha manual</c> and <c>pgha automatic</c>: hand the cluster to manual mode, and back, without a stop of PostgreSQL.</summary>
internal static class ModeCommands
{
    internal static Command CreateManual() => OperatorCommand.Of("manual",
        Help.Of("Hand the cluster to manual mode without a stop: the record is ended, and nobody takes it. Then write failover.mode: manual and restart the agents.", "pgha manual"), [], ToManualAsync);

    internal static Command CreateAutomatic() => AgentCommands.Of("automatic",
        Help.Of("Go back to automatic mode without a stop, once all agents run with failover.mode: automatic: the primary takes the record.", "pgha automatic"), [],
        async (agent, session) => await agent.ChangeModeAsync(manual: false, session.Cancel) is { } refusal ? session.Refuse(refusal) : Exit.Done);

    /// <summary>The agent of the node that holds the record does it. Who that is may be learnt, or change, while it is asked for: then that node is asked, too.</summary>
    private static async Task<int> ToManualAsync(Session session)
    {
        var own = session.Access.Own;
        for (var (asked, refused) = ((string?)null, (Refusal?)null); ;)
        {
            var said = await own.ExplainAsync(session.Cancel);
            if (!said.IsOk)
                return session.Refuse(said.Refusal);
            var holder = said.Value is { Manual: false, Holder: { } node } ? node : "";
            if (refused is not null && holder == asked)
                return session.Refuse(refused);
            asked = holder;
            var found = holder.Length > 0 ? await Everywhere.AgentOfAsync(session, holder) : own;
            refused = await (found.Value ?? own).ChangeModeAsync(manual: true, session.Cancel);
            if (refused is null)
                break;
        }
        session.Say("the record is ended: nothing is decided without a person. Write failover.mode: manual on all nodes and restart the agents; pgha automatic goes back");
        return Exit.Done;
    }
}
