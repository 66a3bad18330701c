using System.CommandLine;
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
        var recreate = new Command("recreate", "Make the record of an etcd that was emptied, or restored from a backup, again.") { gone };
        var holder = new Argument<string>("node") { Description = "The node that holds the record, and is gone, as you answer for." };
        var release = new Command("release", "Give the record up for a holder that is gone, so that nobody waits.") { holder };
        Run(recreate, (agent, parsed, dryRun, cancel) => agent.RecreateRecordAsync(parsed.GetValue(gone) ?? [], dryRun, cancel));
        Run(release, (agent, parsed, dryRun, cancel) => agent.ReleaseRecordAsync(parsed.GetValue(holder)!, dryRun, cancel));
        return new("record", "The record of who may write, where a person has to answer for it.") { recreate, release };
    }

    private static void Run(Command command, Func<AgentClient, ParseResult, bool, CancellationToken, Task<Answer<RecordChange>>> call)
    {
        var config = ConfigFile.Option();
        var dry = new Option<bool>("--dry-run") { Description = "Only say what would be done." };
        var yes = new Option<bool>("--yes") { Description = "Do it." };
        command.Add(config);
        command.Add(dry);
        command.Add(yes);
        command.SetAction(async (parsed, cancel) =>
            AgentCommands.Load(parsed.GetValue(config)!) is { } agent ? await RunAsync(dryRun => call(agent, parsed, dryRun, cancel), parsed.GetValue(dry), parsed.GetValue(yes)) : 1);
    }

    private static async Task<int> RunAsync(Func<bool, Task<Answer<RecordChange>>> call, bool dry, bool yes)
    {
        var answer = await call(dry || !yes);
        if (!answer.IsOk)
            return AgentCommands.Refuse(answer.Refusal);
        foreach (var line in answer.Value.What)
            Console.WriteLine(line);
        if (answer.Value.Done)
            Console.WriteLine($"done: epoch {answer.Value.Epoch}");
        else if (!dry)
            Console.WriteLine("nothing was done: add --yes to do it");
        return answer.Value.Done || dry ? 0 : 1;
    }
}
