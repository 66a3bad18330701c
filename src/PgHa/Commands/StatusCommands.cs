using System.CommandLine;
using PgHa.Access;
using PgHa.Client;
using PgHa.Client.Operations;
using PgHa.Status;
using PgHa.Terminal;

namespace PgHa.Commands;

/// <summary><c>pgha status</c> and <c>pgha topology</c>: the cluster at one look.</summary>
internal static class StatusCommands
{
    private const string AboutStatus = """
        Show the cluster at one look: who is primary, how far the standbys are, what runs now, and what needs a person.

        Examples:
          pgha status
          pgha status --watch                 again every second, until Ctrl-C
          pgha status --json                  all facts, for programs
          pgha status --url https://pg-node01:8079
        """;

    private const string AboutTopology = """
        Show who streams from whom, as a tree.

        Example: pgha topology
        """;

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    internal static IEnumerable<Command> Create()
    {
        var watch = new Option<bool>("--watch", "-w") { Description = "show it again every second" };
        yield return OperatorCommand.Of("status", AboutStatus, [watch], s => s.Value(watch) ? WatchAsync(s) : OnceAsync(s));
        yield return OperatorCommand.Of("topology", AboutTopology, [], TopologyAsync);
    }

    private static async Task<int> OnceAsync(Session session)
    {
        var look = await session.Access.LookAsync(session.Cancel);
        if (!look.IsOk)
            return session.Screen.Refuse(look.Refusal);
        Show(look.Value, session.Screen);
        return Exit.Done;
    }

    private static void Show(Look look, Screen screen)
    {
        if (screen.IsJson)
            screen.Json(look.Status, WireJson.Default.ClusterStatus);
        else
            screen.Output.WriteLine(string.Join('\n', Lines(look, screen)));
    }

    private static IEnumerable<string> Lines(Look look, Screen screen) => StatusView.Lines(look.Status, look.InsteadOf, AgentAccess.Clock.GetUtcNow(), screen);

    /// <summary>A cluster that cannot be seen is shown so, and looked at again.</summary>
    private static async Task<int> WatchAsync(Session session)
    {
        var screen = session.Screen;
        using var pages = new Pages(screen);
        try
        {
            while (true)
            {
                var look = await session.Access.LookAsync(session.Cancel);
                if (screen.IsJson)
                    _ = look.IsOk ? Shown(look.Value, screen) : screen.Refuse(look.Refusal);
                else
                    pages.Show([$"{Sizes.At(AgentAccess.Clock.GetUtcNow())}, again every second, Ctrl-C ends it", "", .. look.IsOk ? Lines(look.Value, screen) : Unseen(look.Refusal, screen)]);
                await Task.Delay(Every, AgentAccess.Clock, session.Cancel);
            }
        }
        catch (OperationCanceledException) when (session.Cancel.IsCancellationRequested)
        {
            return Exit.Done;
        }
    }

    private static IEnumerable<string> Unseen(Refusal refusal, Screen screen) =>
        [screen.Paint("UNKNOWN: no agent answers", Colour.Red), .. Folded.Lines("", refusal.Message, screen), .. Folded.Lines("-> ", refusal.Hint, screen)];

    private static int Shown(Look look, Screen screen)
    {
        Show(look, screen);
        return Exit.Done;
    }

    private static async Task<int> TopologyAsync(Session session)
    {
        var look = await session.Access.LookAsync(session.Cancel);
        if (!look.IsOk)
            return session.Screen.Refuse(look.Refusal);
        if (session.Screen.IsJson)
            Show(look.Value, session.Screen);
        else
            foreach (var line in TopologyView.Lines(look.Value.Status, session.Screen))
                session.Screen.Line(line);
        return Exit.Done;
    }
}
