using System.CommandLine;
using System.ComponentModel;
using System.Diagnostics;
using PgHa.Client;
using PgHa.Client.Facts;

namespace PgHa.Commands;

/// <summary><c>pgha handover</c>: hands the primary's place over before the machine goes down. A systemd unit calls it (docs/debian.md).</summary>
internal static class HandoverCommand
{
    private static readonly TimeSpan AnswersWithin = TimeSpan.FromSeconds(5);

    internal static Command Create()
    {
        var onlyIf = new Option<bool>("--if-shutdown") { Description = "only if systemd says that the machine is going down; where it does not say so, nothing is done" };
        var within = new Option<int>("--within") { Description = "how many seconds it may take", DefaultValueFactory = _ => 30 };
        within.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 600)
                result.AddError("--within takes 1 to 600 seconds");
        });
        return AgentCommands.Of("handover",
            Help.Of("Hand the primary's place over to a standby, if this node is primary, because its machine is going down.", "pgha handover --if-shutdown"), [onlyIf, within], async (agent, session) =>
        {
            if (session.Value(onlyIf) && await StateAsync(session.Cancel) is var state && state != "stopping")
            {
                session.Say($"nothing is handed over: the machine is not going down, as far as systemd says ({state})");
                return 0;
            }
            var answer = await agent.HandoverAsync(session.Value(within), session.Cancel);
            if (!answer.IsOk)
                return session.Refuse(answer.Refusal);
            if (!session.Showed(answer.Value, WireJson.Default.HandoverReport))
                session.Say(answer.Value.Said);
            return answer.Value.Outcome == HandoverOutcome.NotInTime ? Exit.Failed : Exit.Done;
        });
    }

    /// <summary>What systemd says of the machine. Once a shutdown is queued it is "stopping". No answer is an answer, too: the machine is then not known to go down.</summary>
    private static async Task<string> StateAsync(CancellationToken cancel)
    {
        using var late = new CancellationTokenSource(AnswersWithin, TimeProvider.System);
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancel);
        try
        {
            using var process = Process.Start(new ProcessStartInfo("systemctl", ["is-system-running"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            try
            {
                var said = await process.StandardOutput.ReadToEndAsync(bound.Token);
                await process.WaitForExitAsync(bound.Token);
                return said.Trim();
            }
            catch (OperationCanceledException)
            {
                process.Kill();
                return "no answer in time";
            }
        }
        catch (Exception e) when (e is Win32Exception or IOException or InvalidOperationException)
        {
            return e.Message;
        }
    }
}
