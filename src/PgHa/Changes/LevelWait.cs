using PgHa.Access;
using PgHa.Client.Operations;
using PgHa.Commands;
using PgHa.Terminal;

namespace PgHa.Changes;

/// <summary>Between two operations of a series: the next server goes down when all standbys stream and are level.</summary>
internal static class LevelWait
{
    /// <summary>How long after each look the next one is.</summary>
    internal static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(300);

    /// <summary>Past this it is given up.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    /// <summary>Waits for it; the exit code.</summary>
    /// <param name="session">What was typed.</param>
    /// <param name="screen">Where it is said.</param>
    /// <param name="counts">Which nodes are waited for.</param>
    /// <param name="goesOn">How it goes on for whoever leaves here.</param>
    internal static async Task<int> RunAsync(Session session, Screen screen, Func<string, bool> counts, string goesOn)
    {
        var (begun, said) = (AgentAccess.Clock.GetTimestamp(), "");
        try
        {
            while (true)
            {
                var look = await session.Access.LookAsync(session.Cancel);
                var why = look.IsOk ? look.Value.Status.Nodes.Select(n => n.Seen.Node).Where(counts).Select(n => RollingRules.Behind(n, look.Value.Status)).FirstOrDefault(w => w is not null) : look.Refusal.Message;
                if (why is null)
                    return Exit.Done;
                if (AgentAccess.Clock.GetElapsedTime(begun) > Patience)
                    return screen.Refuse(new(Code.WrongState, $"waited 10 minutes: {why}", "pgha status says what is wrong"));
                if (said.Length == 0)
                    screen.Line(said = $"waits: {why}");
                await Task.Delay(LookAgain, AgentAccess.Clock, session.Cancel);
            }
        }
        catch (OperationCanceledException) when (session.Cancel.IsCancellationRequested)
        {
            screen.Error.WriteLine($"ended between two operations: {goesOn}");
            return Exit.Detached;
        }
    }
}
