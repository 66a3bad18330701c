using System.CommandLine;
using System.Globalization;
using PgHa.Access;
using PgHa.Client;
using PgHa.Client.Calls;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;
using PgHa.Terminal;

namespace PgHa.Commands;

/// <summary><c>pgha lsn</c> and <c>pgha wal</c>: where the nodes' WAL ends, and its files.</summary>
internal static class WalCommands
{
    internal static IEnumerable<Command> Create() =>
    [
        OperatorCommand.Of("lsn", Help.Of("Show the true last record of each node's WAL: read from its files where no server answers.", "pgha lsn"), [], LsnAsync),
        new Command("wal", "The files in pg_wal of a node (default: this one).") { List(), Get(), Put(), Check() },
    ];

    private static async Task<int> LsnAsync(Session session)
    {
        var look = await session.Access.LookAsync(session.Cancel);
        var all = look.IsOk ? await look.Value.Agent.LastRecordsAsync("all", session.Cancel) : look.Refusal;
        if (!all.IsOk)
            return session.Screen.Refuse(all.Refusal);
        if (session.Screen.IsJson)
            session.Screen.Json(all.Value, WireJson.Default.DictionaryStringNodeLsn);
        else
            Show(all.Value, session.Screen);
        return all.Value.Values.Any(n => n.Code is not null) ? Exit.Unreachable : Exit.Done;
    }

    private static void Show(Dictionary<string, NodeLsn> nodes, Screen screen)
    {
        var grid = new Grid(new("node"), new("tl", Right: true), new("last record"), new("end"), new("received", Rank: 3), new("replayed", Rank: 2),
            new("checkpoint", Rank: 5), new("redo", Rank: 6), new("file", Rank: 1));
        foreach (var (name, n) in nodes.Where(n => n.Value.Code is null))
            grid.Add(name, n.Timeline, n.Start, n.End, n.Receive, n.Replay, n.CheckPoint, n.Redo, n.WalFile);
        foreach (var line in grid.Lines(screen))
            screen.Line(line);
        foreach (var (name, n) in nodes.Where(n => n.Value.Code is not null))
            foreach (var line in Folded.Lines("", $"{name}: unknown: {n.Message}", screen).Concat(Folded.Lines("    -> ", CommandWords.In(n.Hint ?? ""), screen)))
                screen.Line(line);
    }

    private static Command List()
    {
        var from = new Option<string?>("--from") { Description = "from this segment on (default: from where the WAL is held without a gap)", HelpName = "FILE" };
        return OfNode("ls", "List segments, .partial and .history files, with md5.", ["pgha wal ls", "pgha wal ls pg-node02 --from 000000030000000000000039"], [from], async (s, agent) =>
        {
            var first = s.Value(from);
            if (first is null)
            {
                var position = await agent.PositionAsync(s.Cancel);
                if (!position.IsOk)
                    return s.Screen.Refuse(position.Refusal);
                var span = position.Value.Lineage.FirstOrDefault(l => l.End is not { } end || end > position.Value.Oldest);
                first = WalSegment.At(span?.Timeline ?? position.Value.Timeline, position.Value.Oldest, position.Value.SegmentSize).FileName;
            }
            var files = await agent.WalFilesAsync(first, s.Cancel);
            if (!files.IsOk)
                return s.Screen.Refuse(files.Refusal);
            if (s.Screen.IsJson)
                s.Screen.Json(files.Value, WireJson.Default.WalFileEntryArray);
            else
                foreach (var file in files.Value)
                    s.Screen.Line($"{file.Md5}  {file.File}");
            return Exit.Done;
        });
    }

    private static Command Get()
    {
        var (file, to) = (FileName(), new Option<string?>("--to") { Description = "where it is written (default: its name, here); an existing file is never touched", HelpName = "PATH" });
        return OfNode("get", "Copy a file of pg_wal to this machine.",
            ["pgha wal get 000000030000000000000039 pg-node02", "pgha wal get 00000003.history --to /tmp/00000003.history"], [file, to], async (s, agent) =>
        {
            var path = s.Value(to) ?? s.Value(file)!;
            if (!WalFileName.TryParse(s.Value(file), out _))
                return s.Screen.Refuse(NotAName(s.Value(file)!));
            return await CopyAsync(s, agent, s.Value(file)!, path) is { } refusal ? s.Screen.Refuse(refusal) : Exit.Done;
        });
    }

    /// <summary>A copy that broke off leaves nothing.</summary>
    private static async Task<Refusal?> CopyAsync(Session session, AgentClient agent, string file, string path)
    {
        if (File.Exists(path) || Directory.Exists(path))
            return new(Code.Invalid, $"{path} exists, and is not touched", "name another place with --to");
        var part = path + ".pgha-part";
        try
        {
            Answer<long> copied;
            await using (var target = new FileStream(part, FileMode.Create, FileAccess.Write))
                copied = await agent.CopyFileAsync(file, target, session.Cancel);
            if (!copied.IsOk)
            {
                File.Delete(part);
                return copied.Refusal;
            }
            File.Move(part, path, overwrite: false);
            session.Screen.Line($"{path}: {copied.Value} bytes, from {agent.Name}");
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new(Code.WrongState, e.Message, "look at the disk, and at whom the folder belongs to");
        }
    }

    private static Command Put()
    {
        var (path, yes) = (new Argument<string>("path") { Description = "a segment, .partial or .history file" }, new Option<bool>("--yes", "-y") { Description = "do not ask" });
        return OfNode("put", "Give a stopped node a file of WAL. It is verified page by page, and never takes the place of other WAL.",
            ["pgha wal put /backup/000000030000000000000039 pg-node01"], [path, yes], async (s, agent) =>
        {
            var name = Path.GetFileName(s.Value(path)!);
            if (!WalFileName.TryParse(name, out _))
                return s.Screen.Refuse(NotAName(name));
            if (!File.Exists(s.Value(path)))
                return s.Screen.Refuse(new(Code.Invalid, $"there is no file {s.Value(path)}", "name a file on this machine"));
            if (!s.Value(yes) && !s.Screen.CanAsk)
                return s.Screen.Refuse(Changes.ChangeRun.NobodyToAsk);
            if (!s.Value(yes) && !await Question.AskAsync($"give {agent.Name} the file {name}?", s.Screen, s.Cancel))
                return Exit.Refused;
            await using var content = new FileStream(s.Value(path)!, FileMode.Open, FileAccess.Read);
            if (await agent.PlaceFileAsync(name, content, s.Cancel) is { } refusal)
                return s.Screen.Refuse(refusal);
            s.Screen.Line($"{name} is in pg_wal of {agent.Name}");
            return Exit.Done;
        });
    }

    private static Command Check()
    {
        var (timeline, lsn) = (new Argument<uint>("timeline") { Description = "the timeline" }, new Argument<string>("lsn") { Description = "the position" });
        return OfNode("check", "Say whether a record starts at a position. Exit code 0: it does; 1: it does not.", ["pgha wal check 3 0/39000028 pg-node02"], [timeline, lsn], async (s, agent) =>
        {
            if (!Lsn.TryParse(s.Value(lsn), out var at) || s.Value(timeline) == 0)
                return s.Screen.Refuse(new(Code.Invalid, "this is no position of a timeline", "write it as: pgha wal check 3 0/39000028"));
            var check = await agent.CheckAsync(new(s.Value(timeline)), at, s.Cancel);
            if (!check.IsOk)
                return s.Screen.Refuse(check.Refusal);
            if (s.Screen.IsJson)
                s.Screen.Json(check.Value, WireJson.Default.WalCheck);
            else
                s.Screen.Line(check.Value.Code == WalValidity.Valid ? string.Create(CultureInfo.InvariantCulture, $"a record starts there; {check.Value.Count} from it to the end") : check.Value.Message);
            return check.Value.Code == WalValidity.Valid ? Exit.Done : Exit.Refused;
        });
    }

    private static Command OfNode(string name, string what, string[] examples, IReadOnlyList<Symbol> own, Func<Session, AgentClient, Task<int>> run)
    {
        var node = NodeNames.Argument("the node");
        return OperatorCommand.Of(name, Help.Of(what, examples), [.. own, node], async session =>
        {
            var agent = await Everywhere.AgentOfAsync(session, session.Value(node));
            return agent.IsOk ? await run(session, agent.Value) : session.Screen.Refuse(agent.Refusal);
        });
    }

    private static Argument<string> FileName() => new("file") { Description = "its name in pg_wal" };

    private static Refusal NotAName(string name) => new(Code.Invalid, $"{Shown.Of(name)} is not the name of a file of WAL",
        "write it as 000000030000000000000039, 000000030000000000000039.partial or 00000003.history");
}
