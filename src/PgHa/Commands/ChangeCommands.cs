using System.CommandLine;
using PgHa.Access;
using PgHa.Changes;
using PgHa.Client.Calls;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Commands;

/// <summary>The commands that change something. Each shows its plan and asks.</summary>
internal static class ChangeCommands
{
    private const string Asks = "The plan is shown first: its steps, what it rests on, and what is lost. Then it asks.";

    internal static IEnumerable<Command> Create() =>
    [
        Start(), Stop(), Restart(), ReloadSettings(), Switchover(), Failover(), Rejoin(),
        Of("init", "Make a new cluster in the empty data directory of a node (default: this one).", ["pgha init pg-node01"], [], Optional(),
            (look, node, _) => new("init", new() { Target = node ?? look.Status.Asked })),
        Clone(),
    ];

    private static Command Start()
    {
        var (all, primary) = (All("start all nodes; without a running primary the one that was primary last becomes it"), new Option<bool>("--as-primary") { Description = "start the node as primary" });
        return Of("start", "Start a node as what it was, or all nodes.", ["pgha start pg-node02", "pgha start --all --dry-run", "pgha start pg-node01 --as-primary"], [all, primary], Optional(), (look, node, s) =>
            OneOrAll(node, s.Value(all)) ?? new Asked("start", new() { Target = node, By = s.Value(primary) ? "primary" : null }) { Agent = s.Value(all) ? LastPrimary(look, s.Access) : null });
    }

    private static Command Stop()
    {
        var (all, order) = (All("stop all nodes"), new Option<string?>("--order") { Description = "with --all: which stop first", HelpName = "primary-first|standbys-first" });
        order.AcceptOnlyFromAmong("primary-first", "standbys-first");
        return Of("stop", "Stop a node, or all nodes.", ["pgha stop pg-node02 --reason \"new disk\"", "pgha stop --all"], [all, order], Optional(), (_, node, s) =>
            OneOrAll(node, s.Value(all)) ?? new Asked("stop", new() { Target = node, Order = s.Value(order)?.Replace('-', '_') }));
    }

    private static Command Restart()
    {
        var rolling = new Option<bool>("--rolling") { Description = "restart all servers, one after the other: standbys first, each back and level before the next" };
        var pending = new Option<bool>("--if-pending") { Description = "only servers with settings that wait for a restart" };
        var primary = new Option<string?>("--primary") { Description = "with --rolling: restart the primary by a switchover and back (default), or in-place", HelpName = "switchover|in-place" };
        primary.AcceptOnlyFromAmong("switchover", "in-place");
        return Of("restart", "Restart the running server of a node in place: it is afterwards what it was. With --rolling all servers, one operation after the other.",
            ["pgha restart pg-node02", "pgha restart --rolling --if-pending", "pgha restart --rolling --primary in-place --yes --reason \"minor release\""], [rolling, pending, primary], Optional(),
            (look, node, s) =>
            {
                if (s.Value(rolling) == node is not null)
                    return new("", new()) { Refusal = new(Code.Invalid, node is null ? "no node is named" : $"both {node} and --rolling are given", "name a node, or give --rolling") };
                if (s.Value(primary) is not null && node is not null)
                    return new("", new()) { Refusal = new(Code.Invalid, "--primary is for --rolling", "one node is restarted in place") };
                if (node is null)
                    return new("", new()) { Rolling = RollingRules.Moves(look.Status, s.Value(pending), s.Value(primary) == "in-place") };
                return s.Value(pending) && look.Status.Nodes.FirstOrDefault(n => n.Seen.Node == node) is { } one && OnePending(one) is { } without ? without : new("restart", new() { Target = node });
            });
    }

    /// <summary>A server that nothing waits for is left alone; one that does not say is not.</summary>
    private static Asked? OnePending(NodeStatus node) => node.PendingRestart switch
    {
        null => new("", new()) { Refusal = new(Code.WrongState, $"which settings of {node.Seen.Node} wait for a restart is not known", "pgha status says what is wrong; without --if-pending it is restarted") },
        { Count: 0 } => new("", new()) { Rolling = (List<RollingMove>)[] },
        _ => null,
    };

    private static Command ReloadSettings() =>
        Of("reload", "Let a node, or all nodes, read settings and pg_hba.conf again. Files that cannot be read are named before.", ["pgha reload", "pgha reload pg-node02"], [], Optional(),
            (_, node, _) => new("reload", new() { Target = node }));

    private static Command Switchover()
    {
        var by = By("promote (default: an interruption of a moment) or restart (the timeline stays)", "promote", "restart");
        var unlogged = new Option<bool>("--accept-unlogged") { Description = "let unlogged tables be emptied, so that the interruption is short" };
        return Of("switchover", "Exchange the roles of the primary and a standby (default: the most advanced one).",
            ["pgha switchover", "pgha switchover pg-node02 --reason \"kernel upgrade\"", "pgha switchover pg-node02 --by restart"], [by, unlogged], Optional(),
            (_, node, s) => new("switchover", new() { Target = node, By = s.Value(by), Unlogged = s.Value(unlogged) ? "accept" : null }));
    }

    private static Command Failover()
    {
        var by = By("promote (default) or restart (the timeline stays)", "promote", "restart");
        return Of("failover", "The primary is down: make a standby primary (default: the most advanced one).", ["pgha failover --dry-run", "pgha failover pg-node02"], [by], Optional(),
            (look, node, s) => new("failover", new() { Target = node ?? MostAdvanced(look), By = s.Value(by) }));
    }

    private static Command Rejoin()
    {
        var by = By("where its WAL forked: salvage what only it holds, then rewind or reclone", "rewind", "reclone");
        return Of("rejoin", "Let a node follow the primary.", ["pgha rejoin pg-node01", "pgha rejoin pg-node01 --by rewind"], [by], Needed(), (_, node, s) => new("rejoin", new() { Target = node, By = s.Value(by) }));
    }

    private static Command Clone()
    {
        var from = new Option<string?>("--from") { Description = "the running node that is copied (default: the primary)", HelpName = "NODE" };
        return Of("clone", "Fill the empty data directory of a node (default: this one) with a copy of a running node, and let it stream.",
            ["pgha clone pg-node03", "pgha clone pg-node03 --from pg-node02"], [from], Optional(), (look, node, s) => new("clone", new() { Target = node ?? look.Status.Asked, From = s.Value(from) }));
    }

    /// <summary>What is asked for, and which agent is asked; null: the one that has answered.</summary>
    private sealed record Asked(string Verb, ClusterChange Change)
    {
        internal AgentClient? Agent { get; init; }

        /// <summary>Several operations, one after the other.</summary>
        internal Answer<IReadOnlyList<RollingMove>>? Rolling { get; init; }

        /// <summary>Why it cannot be asked for like this.</summary>
        internal Refusal? Refusal { get; init; }
    }

    private static Command Of(string name, string what, string[] examples, IReadOnlyList<Option> own, Argument<string?> node, Func<Look, string?, Session, Asked> ask)
    {
        var options = new ChangeOptions();
        return OperatorCommand.Of(name, Help.Of($"{what}\n\n{Asks}", examples), [node, .. own, .. options.All], async session =>
        {
            var look = await session.Access.LookAsync(session.Cancel);
            if (!look.IsOk)
                return session.Screen.Refuse(look.Refusal);
            var asked = ask(look.Value, session.Value(node), session);
            if (asked.Rolling is { } moves)
                return moves.IsOk ? await new RollingRun(session, options, look.Value.Agent).RunAsync(moves.Value) : session.Screen.Refuse(moves.Refusal);
            return (asked.Refusal ?? look.Value.RefuseName(asked.Change.Target) ?? look.Value.RefuseName(asked.Change.From)) is { } refusal ? session.Screen.Refuse(refusal)
                : await ChangeRun.RunAsync(session, options, asked.Agent ?? look.Value.Agent, asked.Verb, asked.Change);
        });
    }

    private static Asked? OneOrAll(string? node, bool all) => node is null == all ? null
        : new("", new()) { Refusal = all ? new(Code.Invalid, $"both {node} and --all are given", "name a node, or give --all") : new(Code.Invalid, "no node is named", "name a node, or give --all") };

    /// <summary>With all nodes down the called agent's node becomes primary: that is the one that was.</summary>
    private static AgentClient? LastPrimary(Look look, AgentAccess access)
    {
        var last = look.Status.Nodes.Where(n => n.Seen is { Reachable: true, Control.OfPrimary: true, StandbySignal: false }).ToArray();
        return look.Status.Nodes.All(n => !n.Seen.Writable) && last.Length == 1 && look.Member(last[0].Seen.Node) is { } member ? access.Of(member) : null;
    }

    private static string? MostAdvanced(Look look) =>
        look.Status.Nodes.Where(n => n.Seen is { InRecovery: true, Sql: not null }).OrderByDescending(n => n.Seen.Sql!.Timeline?.Value).ThenByDescending(n => n.Seen.Sql!.Position).FirstOrDefault()?.Seen.Node;

    private static Argument<string?> Optional() => NodeNames.Argument("the node");

    private static Argument<string?> Needed() => NodeNames.Argument("the node", needed: true);

    private static Option<bool> All(string description) => new("--all") { Description = description };

    private static Option<string?> By(string description, params string[] values)
    {
        var by = new Option<string?>("--by") { Description = description, HelpName = string.Join('|', values) };
        by.AcceptOnlyFromAmong(values);
        return by;
    }
}
