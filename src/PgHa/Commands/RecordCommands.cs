using System.CommandLine;
using PgHa.Client;
using PgHa.Client.Calls;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Commands;

/// <summary><c>pgha record</c>: the calls of an operator who answers for the record. What is done is shown first, and only done with <c>--yes</c>.</summary>
internal static class RecordCommands
{
    internal static Command Create()
    {
        var gone = new Option<string[]>("--force") { Description = "A node that is gone for good, as you answer for; more than one may be named.", AllowMultipleArgumentsPerToken = true, HelpName = "NODE" };
        var holder = new Argument<string>("node") { Description = "The node that holds the record, and is gone, as you answer for." };
        return new("record", "The record of who may write, where a person has to answer for it.")
        {
            Of("recreate", Help.Of("Make the record of an etcd that was emptied, or restored from a backup, again.", "pgha record recreate", "pgha record recreate --yes --force pg-node03"), gone,
                (agent, s, dryRun) => agent.RecreateRecordAsync(s.Value(gone) ?? [], dryRun, s.Cancel)),
            Of("release", Help.Of("Give the record up for a holder that is gone, so that nobody waits.", "pgha record release pg-node01 --yes"), holder,
                (agent, s, dryRun) => agent.ReleaseRecordAsync(s.Value(holder)!, dryRun, s.Cancel)),
        };
    }

    private static Command Of(string name, string description, Symbol own, Func<AgentClient, Session, bool, Task<Answer<RecordChange>>> call)
    {
        var dry = new Option<bool>("--dry-run") { Description = "Only say what would be done." };
        var yes = new Option<bool>("--yes") { Description = "Do it." };
        return AgentCommands.Of(name, description, [own, dry, yes], (agent, s) => RunAsync(s, dryRun => call(agent, s, dryRun), s.Value(dry), s.Value(yes)));
    }

    private static async Task<int> RunAsync(Session session, Func<bool, Task<Answer<RecordChange>>> call, bool dry, bool yes)
    {
        var answer = await call(dry || !yes);
        if (!answer.IsOk)
            return session.Refuse(answer.Refusal);
        if (!session.Showed(answer.Value, WireJson.Default.RecordChange))
            foreach (var line in answer.Value.What.Append(answer.Value.Done ? $"done: epoch {answer.Value.Epoch}" : dry ? "" : "nothing was done: add --yes to do it").Where(line => line.Length > 0))
                session.Say(line);
        return answer.Value.Done || dry ? Exit.Done : Exit.Refused;
    }
}
