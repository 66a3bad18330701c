using System.CommandLine;
using PgHa.Access;
using PgHa.Client;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Terminal;

namespace PgHa.Commands;

/// <summary><c>pgha slots</c> and <c>pgha salvage</c>: what each node's agent knows of slots, and of what was salvaged there.</summary>
internal static class SlotCommands
{
    internal static IEnumerable<Command> Create()
    {
        var node = NodeNames.Argument("the node (default: all)");
        yield return OperatorCommand.Of("slots", Help.Of("Show the replication slots of a node, or of all nodes; also of stopped ones.", "pgha slots", "pgha slots pg-node02"), [node], s => SlotsAsync(s, s.Value(node)));
        var id = new Argument<string?>("id") { Description = "the salvage", Arity = ArgumentArity.ZeroOrOne };
        yield return OperatorCommand.Of("salvage", Help.Of("Show what was salvaged on the nodes before their WAL was given up; or one salvage with its lost commits.", "pgha salvage", "pgha salvage ID"),
            [id], s => s.Value(id) is { } one ? SalvageAsync(s, one) : SalvagesAsync(s));
    }

    private static async Task<int> SlotsAsync(Session session, string? node)
    {
        var reports = await Everywhere.AskAsync(session, node, a => a.SlotsAsync(session.Cancel));
        if (!reports.IsOk)
            return session.Screen.Refuse(reports.Refusal);
        if (session.Screen.IsJson)
        {
            session.Screen.Json([.. reports.Value.Select(r => r.Value)], WireJson.Default.SlotsReportArray);
            return Exit.Done;
        }
        var grid = new Grid(new("node"), new("slot"), new("kind"), new("used", Rank: 1), new("restart lsn", Rank: 3), new("confirmed", Rank: 2), new("holds back", Right: true, Rank: 1), new("remarks"));
        foreach (var (_, report) in reports.Value)
            foreach (var slot in report.Slots)
                grid.Add(report.Node, slot.Name, slot.IsLogical ? "logical" : "physical", slot.ActivePid is null ? "" : "yes", slot.RestartLsn?.ToString(), slot.ConfirmedFlush?.ToString(),
                    slot.RetainedBytes is { } held ? Sizes.Bytes((long)held) : "", new(Remarks(slot, report), slot.Invalid is null ? Colour.None : Colour.Red));
        foreach (var line in grid.Lines(session.Screen))
            session.Screen.Line(line);
        foreach (var (_, report) in reports.Value)
            foreach (var line in Troubles(report).SelectMany(t => Folded.Lines("", t, session.Screen)))
                session.Screen.Line(line);
        return Exit.Done;
    }

    private static string Remarks(SlotFacts slot, SlotsReport report) => string.Join(", ", new[]
    {
        slot.Invalid is { } invalid ? $"cannot be used: {invalid}" : null,
        slot.Database is { } database ? $"of {database}" : null,
        slot.Copy is { } copy && copy.Source != report.Node ? $"copy of {copy.Source}'s{(copy.Level ? "" : ", not level yet")}" : null,
    }.OfType<string>());

    private static IEnumerable<string> Troubles(SlotsReport report) =>
    [
        .. report.Broken.Select(b => $"{report.Node}: slot {b.Name} is broken: {b.Problem}"),
        .. report.Missing.Concat(report.MissingPhysical).Select(m => $"{report.Node}: the primary's slot {m} has no copy here"),
        .. report.Problems.Select(p => $"{report.Node}: slot {p.Key}: {p.Value}"),
    ];

    private static async Task<int> SalvagesAsync(Session session)
    {
        var all = await Everywhere.AskAsync(session, null, a => a.SalvagesAsync(session.Cancel));
        if (!all.IsOk)
            return session.Screen.Refuse(all.Refusal);
        SalvageReport[] shown = [.. all.Value.SelectMany(a => a.Value).OrderByDescending(s => s.Taken)];
        if (session.Screen.IsJson)
            session.Screen.Json(shown, WireJson.Default.SalvageReportArray);
        else if (shown.Length == 0)
            session.Screen.Line("nothing was salvaged");
        else
        {
            var grid = new Grid(new("id"), new("node"), new("taken"), new("fork"), new("commits lost", Right: true), new("wal", Right: true, Rank: 1), new("parted from", Rank: 2));
            foreach (var s in shown)
                grid.Add(s.Id, s.Node, Sizes.At(s.Taken), s.Fork.ToString(), s.CommitCount.ToString(System.Globalization.CultureInfo.InvariantCulture), Sizes.Bytes((long)s.Bytes), s.Source);
            foreach (var line in grid.Lines(session.Screen))
                session.Screen.Line(line);
        }
        return Exit.Done;
    }

    private static async Task<int> SalvageAsync(Session session, string id)
    {
        var all = await Everywhere.AskAsync(session, null, a => a.SalvagesAsync(session.Cancel));
        if (!all.IsOk)
            return session.Screen.Refuse(all.Refusal);
        if (all.Value.FirstOrDefault(a => a.Value.Any(s => s.Id == id)) is not ({ } agent, _))
            return session.Screen.Refuse(new(Code.NotFound, "no agent knows that salvage", "pgha salvage lists them"));
        var one = await agent.SalvageAsync(id, session.Cancel);
        if (!one.IsOk)
            return session.Screen.Refuse(one.Refusal);
        if (session.Screen.IsJson)
            session.Screen.Json(one.Value, WireJson.Default.SalvageReport);
        else
            Show(one.Value, session.Screen);
        return Exit.Done;
    }

    private static void Show(SalvageReport salvage, Screen screen)
    {
        screen.Line($"{salvage.Id}: of {salvage.Node}, which parted from {salvage.Source} at {salvage.Fork} on timeline {salvage.Timeline}, taken {Sizes.At(salvage.Taken)}");
        foreach (var line in Folded.Lines("", salvage.Evidence, screen))
            screen.Line(line);
        screen.Line($"{salvage.CommitCount} commits lost");
        foreach (var commit in salvage.Commits)
            screen.Line($"  {commit.Lsn}  xid {commit.Xid}  {Sizes.At(commit.Time)}  {string.Join(", ", commit.Relations.Select(r => r.Name ?? r.File))}");
        if (salvage.Recipe is { } recipe)
            screen.Line($"the lost rows are read with, on {salvage.Node}: {recipe}");
    }
}
