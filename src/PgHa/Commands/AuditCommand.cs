using System.CommandLine;
using PgHa.Access;
using PgHa.Client;
using PgHa.Client.Operations;
using PgHa.Terminal;

namespace PgHa.Commands;

/// <summary><c>pgha audit</c>: who has changed what through the nodes' agents.</summary>
internal static class AuditCommand
{
    internal static Command Create()
    {
        var node = NodeNames.Argument("the node (default: all)");
        var last = new Option<int>("--last") { Description = "how many lines of each node", HelpName = "N", DefaultValueFactory = _ => 20 };
        return OperatorCommand.Of("audit", Help.Of("Show who has changed what through the agents: each call with its caller, and how each operation ended.", "pgha audit", "pgha audit pg-node01 --last 100 --json"),
            [node, last], s => RunAsync(s, s.Value(node), s.Value(last)));
    }

    private static async Task<int> RunAsync(Session session, string? node, int last)
    {
        if (last is < 1 or > 10000)
            return session.Screen.Refuse(new(Code.Invalid, $"--last {last} is not possible", "1 to 10000 lines"));
        var logs = await Everywhere.AskAsync(session, node, a => a.AuditAsync(last, session.Cancel));
        if (!logs.IsOk)
            return session.Screen.Refuse(logs.Refusal);
        var entries = logs.Value.SelectMany(l => l.Value).OrderBy(e => e.At).ToArray();
        if (session.Screen.IsJson)
        {
            session.Screen.Json(entries, WireJson.Default.AuditEntryArray);
            return Exit.Done;
        }
        foreach (var entry in entries)
            foreach (var line in Folded.Lines($"{entry.At:yyyy-MM-dd HH:mm:ss} {entry.Node} ", Words(entry), session.Screen))
                session.Screen.Line(line);
        return Exit.Done;
    }

    private static string Words(AuditEntry entry) => entry.Kind == "operation"
        ? $"{entry.Operation} {entry.Ended}: {entry.Goal}{After(", because: ", entry.Reason)}{After(": ", entry.Failure)}"
        : $"{entry.Who}{(entry.Role is { } role ? $" ({role})" : "")} from {entry.From}: {entry.Call} -> {entry.Status}{After(", ", entry.Operation)}{(entry.ByHand == true ? ", a step by hand" : "")}";

    private static string After(string before, string? text) => text is null ? "" : before + text;
}
