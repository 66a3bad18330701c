using System.Globalization;
using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Tests.Plans;

/// <summary>Which node gets a setting first, from every state that an interruption can leave behind, and what is refused.</summary>
[Trait("Category", "Fast")]
public class SettingOrderTests
{
    private const string Name = "max_connections";

    private static readonly string[] Names = ["n1", "n2", "n3"];

    private static readonly int[] Values = [50, 100, 200];

    /// <summary>A server: what it runs with, what its file says, and what the WAL that it has replayed asks for. A primary's WAL says what it runs with.</summary>
    private sealed record Server(int Running, int File, int Control);

    /// <summary>One cluster, and the moves that are made in it.</summary>
    private sealed class Model(int primary, Server[] servers)
    {
        private int Primary { get; set; } = primary;

        private Server[] Servers { get; } = [.. servers];

        public override string ToString() => $"primary {Names[Primary]}: {string.Join(", ", Servers.Select(s => $"{s.Running}/{s.File}/{s.Control}"))}";

        internal ClusterView View => new([.. Names.Select((n, i) => Sketch.Node(n, i == Primary ? Condition.Primary : Condition.Standby))]);

        internal Dictionary<string, Answer<SettingsReport>> Reports(int wanted) => Names.Select((n, i) => Report(n, Servers[i], wanted)).ToDictionary(r => r.Node, r => (Answer<SettingsReport>)r);

        /// <summary>Replay never stands still: no standby runs with less than its primary, or than the WAL that it has replayed.</summary>
        internal void AssertReplays() => Assert.All(Servers, s => Assert.True(s.Running >= Servers[Primary].Running && s.Running >= s.Control, ToString()));

        internal bool IsDone(int wanted) => Servers.All(s => s.Running == wanted && s.File == wanted);

        internal void Replay()
        {
            foreach (var i in Names.Index().Select(n => n.Index))
                Servers[i] = Servers[i] with { Control = Servers[Primary].Running };
        }

        internal void Make(SettingsMove move, int wanted)
        {
            var i = Array.IndexOf(Names, move.Node);
            switch (move.Verb, move.By)
            {
                case ("set", "reload"):
                    Servers[i] = Servers[i] with { File = wanted };
                    break;
                case ("set", "restart"):
                    Servers[i] = new(wanted, wanted, i == Primary ? wanted : Servers[i].Control);
                    break;
                default:
                    Assert.Equal(Primary, i);
                    Primary = (i + 1) % Names.Length;
                    Servers[i] = Servers[i] with { Running = Servers[i].File };
                    Replay(); // a standby is promoted when it has replayed all, and the others follow
                    break;
            }
        }

        /// <summary>The operation itself is planned, too: what the order names its own rules accept.</summary>
        internal void AssertPlanned(SettingsMove move, string settings, int wanted)
        {
            if (move.Verb != "set")
                return;
            var (view, reports) = (View, Reports(wanted));
            var request = new ChangeSettings(move.Node, settings, move.By == "restart");
            var facts = new PlanFacts(view, Sketch.Wal(view, Planner.Focus(request, view), _ => WalKinship.Identical))
            {
                Settings = reports,
                NextStarts = Names.Select((n, i) => (Name: n, Next: n == move.Node ? reports[n].Value!.Then : Next(n, Servers[i], Servers[i].File))).ToDictionary(n => n.Name, n => (Answer<NextStart>)n.Next),
            };
            var decision = Planner.Decide(request, Mandate.None, facts);
            Assert.True(decision is Plan { Stages.Count: > 0 }, $"{move.Words}: {(decision as Refused)?.Why.Message}; {this}");
        }
    }

    private static NextStart Next(string node, Server server, int value) => NextStartRulesTests.Node(node, (Name, Text(value))) with
    {
        Running = NextStartRulesTests.Node(node, (Name, Text(server.Running))).Settings,
        Control = RecoveryRules.Limits.ToDictionary(n => n, n => n == Name ? server.Control : 50),
        Runs = true,
    };

    private static SettingsReport Report(string node, Server server, int wanted) => new()
    {
        Node = node,
        Settings = [new(Name) { Known = true, Context = "postmaster", Running = Text(server.Running), Next = Text(server.File), Then = Text(wanted), Before = Text(server.File) }],
        Then = Next(node, server, wanted),
    };

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>All in which replay goes on: files may say anything, and a standby may have replayed that its primary lowered the limit, or not yet.</summary>
    private static IEnumerable<Model> Models()
    {
        foreach (var runs in Values)
            foreach (var (two, three) in Values.SelectMany(a => Values.Select(b => (a, b))).Where(s => s.a >= runs && s.b >= runs))
                foreach (var (fileOne, fileTwo, fileThree) in Values.SelectMany(a => Values.SelectMany(b => Values.Select(c => (a, b, c)))))
                    foreach (var old in Values.Where(v => v >= runs && v <= Math.Min(two, three)))
                        yield return new(0, [new(runs, fileOne, runs), new(two, fileTwo, old), new(three, fileThree, runs)]);
    }

    [Theory, InlineData(true), InlineData(false)]
    public void From_every_state_all_nodes_come_to_the_value_and_replay_never_stands_still(bool inPlace)
    {
        var played = 0;
        foreach (var wanted in Values)
        {
            var settings = $"{Name}='{wanted}'";
            foreach (var model in Models())
            {
                model.AssertReplays();
                for (var moves = 0; ; moves++)
                {
                    Assert.True(moves < 12, $"no end: {model}");
                    var series = SettingOrder.For(SettingChange.Parse(settings).Value!, model.View, model.Reports(wanted), new(inPlace, Force: false));
                    Assert.True(series.IsOk, $"{series.Refusal?.Message}; {model}");
                    if (series.Value.Moves.Count == 0)
                        break;
                    if (series.Value.Waits is not null)
                    {
                        model.Replay();
                        continue;
                    }
                    model.AssertPlanned(series.Value.Moves[0], settings, wanted);
                    model.Make(series.Value.Moves[0], wanted);
                    model.AssertReplays();
                }
                Assert.True(model.IsDone(wanted), model.ToString());
                played++;
            }
        }
        Assert.True(played > 1000);
    }

    /// <summary>The test above can fail: the other order lets replay stand still.</summary>
    [Fact]
    public void An_operation_that_would_let_replay_stand_still_is_refused_by_its_own_rules()
    {
        Assert.Equal("max_connections is 50 on n2: with 100 on its primary it would stop replaying", Refusal("n1", 100, new(50, 50, 50), new(50, 50, 50)));
        Assert.Equal("n1 runs with max_connections = 100: with 50 n2 would stop replaying", Refusal("n2", 50, new(100, 100, 100), new(100, 100, 100)));
        Assert.Equal("n2 has not replayed yet that max_connections was lowered from 100 to 50", Refusal("n2", 50, new(50, 50, 50), new(100, 100, 100)));
    }

    private static string? Refusal(string node, int wanted, Server primary, Server standby)
    {
        var reports = new Dictionary<string, Answer<SettingsReport>> { ["n1"] = Report("n1", primary, wanted), ["n2"] = Report("n2", standby, wanted) };
        var view = Sketch.View(Condition.Primary, Condition.Standby);
        foreach (var restarts in (bool[])[true, false])
        {
            var request = new ChangeSettings(node, $"{Name}='{wanted}'", restarts);
            var decision = Planner.Decide(request, Mandate.None, new(view, Sketch.Wal(view, "n1", _ => WalKinship.Identical)) { Settings = reports });
            var refused = Assert.IsType<Refused>(decision);
            if (!restarts)
                return refused.Why.Message;
        }
        return null;
    }

    private static Answer<SettingsSeries> Series(string settings, Func<string, SettingFacts[]> facts, Condition third = Condition.Standby, bool force = false)
    {
        var view = Sketch.View(Condition.Primary, Condition.Standby, third);
        var reports = view.Nodes.ToDictionary(n => n.Node, n => !n.Reachable ? (Answer<SettingsReport>)new Refusal(Code.PeerUnreachable, "it is away", "bring it back")
            : new SettingsReport { Node = n.Node, Settings = facts(n.Node), Then = NextStartRulesTests.Node(n.Node) });
        return SettingOrder.For(SettingChange.Parse(settings).Value!, view, reports, new(InPlace: false, force));
    }

    private static SettingFacts Fact(string name, string context, string now, string then) => new(name) { Known = true, Context = context, Running = now, Next = now, Then = then };

    [Fact]
    public void What_needs_no_restart_is_set_by_a_reload_on_all_nodes()
    {
        var series = Series("work_mem='64MB'", _ => [Fact("work_mem", "user", "4096", "65536")]).Value!;
        Assert.Equal(["set on n2, by a reload", "set on n3, by a reload", "set on n1, by a reload"], series.Moves.Select(m => m.Words));
        Assert.All(series.Settings, s => Assert.False(s.Restarts));
        Assert.Empty(Series("work_mem='64MB'", _ => [Fact("work_mem", "user", "65536", "65536")]).Value!.Moves);
    }

    [Fact]
    public void Other_settings_restart_standbys_first_and_the_primary_by_a_switchover() => Assert.Equal(
        ["set on n2, and restart it", "set on n3, and restart it", "set on n1: in force after its restart", "switch over from n1, which restarts it"],
        Series("shared_buffers='1GB'", _ => [Fact("shared_buffers", "postmaster", "16384", "131072")]).Value!.Moves.Select(m => m.Words));

    [Fact]
    public void Raising_and_lowering_at_once_is_refused()
    {
        var refusal = Series("max_connections='200', max_wal_senders='5'", _ => [Fact("max_connections", "postmaster", "50", "200"), Fact("max_wal_senders", "postmaster", "50", "5")]).Refusal!;
        Assert.Equal(("max_wal_senders is lowered, which begins on the primary, and max_connections is raised, which begins on the standbys", "raise and lower in two commands"), (refusal.Message, refusal.Hint));
    }

    [Theory]
    [InlineData(Condition.AgentAway, false), InlineData(Condition.FrozenStandby, false), InlineData(Condition.Empty, false), InlineData(Condition.StoppedAsStandby, true), InlineData(Condition.Recovering, true)]
    public void Beside_a_node_that_is_missing_nothing_is_restarted_without_force(Condition third, bool takesPart)
    {
        SettingFacts[] Facts(string node) => [node == "n3" && third == Condition.StoppedAsStandby ? new("max_connections") { Next = "50", Then = "200" } : Fact("max_connections", "postmaster", "50", "200")];
        var refusal = Series("max_connections='200'", Facts, third).Refusal!;
        Assert.Contains("force=true", refusal.Hint, StringComparison.Ordinal);
        var forced = Series("max_connections='200'", Facts, third, force: true).Value!;
        Assert.Equal(takesPart, forced.Overrides.Count == 0);
        Assert.Equal(takesPart, forced.Moves.Any(m => m.Node == "n3"));
        Assert.Equal("n1", forced.Moves[^1].Node);
        if (third == Condition.StoppedAsStandby)
            Assert.Equal("set on n3, in its file: it is stopped", forced.Moves[0].Words);
    }

    [Fact]
    public void A_stopped_standby_that_has_not_replayed_it_keeps_the_higher_value()
    {
        SettingFacts[] Facts(string node) => [node == "n3" ? new("max_connections") { Next = "50", Then = "20" } : Fact("max_connections", "postmaster", "50", "20")];
        Assert.Equal("n3 is stopped: it has to replay that its primary lowered a limit before it may have less", Series("max_connections='20'", Facts, Condition.StoppedAsStandby).Refusal!.Message);
        Assert.DoesNotContain(Series("max_connections='20'", Facts, Condition.StoppedAsStandby, force: true).Value!.Moves, m => m.Node == "n3");
    }

    [Fact]
    public void What_one_node_does_not_accept_is_set_nowhere()
    {
        Assert.Equal("n3 does not accept work_mem = x: invalid value", Series("work_mem='x'", n => [n == "n3" ? Fact("work_mem", "user", "4096", "4096") with { Then = null, Problem = "invalid value" } : Fact("work_mem", "user", "4096", "8192")]).Refusal!.Message);
        Assert.Equal("PostgreSQL of n2 knows no setting wrok_mem", Series("wrok_mem='1'", n => [new("wrok_mem") { Known = n != "n2" }]).Refusal!.Message);
        Assert.Equal("PostgreSQL of n1 knows no setting wrok_mem", Series("wrok_mem", _ => [new("wrok_mem") { Known = false, IsReset = true }]).Refusal!.Message);
        Assert.Empty(Series("a.b", _ => [new("a.b") { Known = false, IsReset = true }]).Value!.Moves);
        Assert.Equal(2, Series("a.b", n => [n == "n2" ? new("a.b") { Known = false, IsReset = true } : Fact("a.b", "user", "1", "0") with { IsReset = true, Before = "1" }]).Value!.Moves.Count); // its library is gone there
        Assert.Equal("work_mem stands on the command line of the server of n1, which wins over what is set", Series("work_mem='1MB'", _ => [Fact("work_mem", "user", "4096", "1024") with { Place = "the command line" }]).Refusal!.Message);
        Assert.Equal("block_size cannot be changed: it belongs to how the cluster or the server was made", Series("block_size='1'", _ => [Fact("block_size", "internal", "8192", "1")]).Refusal!.Message);
        Assert.Equal("max_connections would not be the same on all nodes: 50 on n1, 50 on n2, 60 on n3", Series("max_connections", n => [Fact("max_connections", "postmaster", "70", n == "n3" ? "60" : "50")]).Refusal!.Message);
    }

    [Theory]
    [InlineData("primary_conninfo"), InlineData("primary_slot_name"), InlineData("hot_standby"), InlineData("port"), InlineData("data_directory"), InlineData("recovery_target_lsn"), InlineData("synchronous_standby_names"),
     InlineData("config_file"), InlineData("cluster_name")]
    public void What_the_agents_manage_is_not_set(string name)
    {
        var changes = SettingChange.Parse($"{name}='x'").Value!;
        Assert.Equal(Code.WrongState, SettingRules.RefuseManaged(changes, "n1", managesSync: true)!.Code);
        Assert.NotNull(SettingRules.RefuseManaged(changes, "n1", managesSync: false));
        Assert.Null(SettingRules.RefuseManaged(SettingChange.Parse("work_mem='1MB'").Value!, "n1", managesSync: true));
        Assert.NotNull(StepRules.Refuse(new SetSettings("n1", $"{name}='x'"), new("n1", Sketch.View(Condition.Primary), new() { Ready = true })));
    }

    [Fact]
    public void What_is_taken_back_is_done_when_the_file_says_nothing_of_it()
    {
        SettingFacts[] Facts(string? before) => [Fact("work_mem", "user", "4096", "4096") with { IsReset = true, Before = before }];
        Assert.Equal(3, Series("work_mem", _ => Facts("4MB")).Value!.Moves.Count);
        Assert.Empty(Series("work_mem", _ => Facts(null)).Value!.Moves);
        // Of a stopped node the default is not known.
        Assert.Equal("n3", Assert.Single(Series("work_mem", n => n == "n3" ? [new("work_mem") { Next = "9216", IsReset = true, Before = "9MB" }] : Facts(null), Condition.StoppedAsStandby).Value!.Moves).Node);
        Assert.Empty(Series("work_mem", n => n == "n3" ? [new("work_mem") { Next = "4096", IsReset = true }] : Facts(null), Condition.StoppedAsStandby).Value!.Moves);
    }

    [Theory]
    [InlineData("work_mem='1MB', archive_command='x'", "archive_command"), InlineData("shared_preload_libraries", "shared_preload_libraries"), InlineData("work_mem='1MB'", null)]
    public void Settings_that_name_programs_are_known(string settings, string? name) => Assert.Equal(name, SettingRules.RunsPrograms(settings));

    /// <summary>A server that does not start with the new value starts with the old one.</summary>
    [Fact]
    public void An_undo_sets_back_what_was_there_and_starts_what_is_down()
    {
        var view = Sketch.View(Condition.Primary, Condition.Standby);
        var reports = new Dictionary<string, Answer<SettingsReport>> { ["n1"] = Report("n1", new(50, 50, 50), 200), ["n2"] = Report("n2", new(50, 50, 50), 200) };
        var plan = Assert.IsType<Plan>(Planner.Decide(new ChangeSettings("n2", $"{Name}='200'", true), Mandate.None, new(view, Sketch.Wal(view, "n1", _ => WalKinship.Identical)) { Settings = reports }));
        Assert.Equal(["n2 check?upstream=n1", "n2 set?settings=max_connections%3D%27200%27", "n2 stop", "n2 start?as=standby&upstream=n1"], Sketch.Calls(plan));
        Assert.Equal(new ChangeSettings("n2", $"{Name}='50'", true), plan.Undo!.Request);

        var down = Sketch.View(Condition.Primary, Condition.StoppedAsStandby);
        var undo = Assert.IsType<Plan>(Sketch.Decide(plan.Undo.AsUndo(), down, Sketch.Wal(down, "n1", _ => WalKinship.Identical)));
        Assert.Equal(["n2 set?settings=max_connections%3D%2750%27", "n2 check?upstream=n1", "n2 start?as=standby&upstream=n1"], Sketch.Calls(undo));
    }

    /// <summary>Its agent ended after the stop: the operation goes on, with what is left to set, and starts it as what it was.</summary>
    [Fact]
    public void What_was_interrupted_while_the_primary_was_down_goes_on()
    {
        var view = Sketch.View(Condition.StoppedAsPrimary, Condition.Recovering);
        SettingsReport Down(string node) => Report(node, new(200, 100, 200), 100) with { Settings = [new(Name) { Next = "100", Then = "100" }] };
        var reports = new Dictionary<string, Answer<SettingsReport>> { ["n1"] = Down("n1"), ["n2"] = Report("n2", new(200, 200, 200), 100) };
        var plan = Assert.IsType<Plan>(Planner.Decide(new ChangeSettings("n1", $"{Name}='100'", true), new() { Resumed = true }, new(view, Sketch.Wal(view, "n1", _ => WalKinship.Identical)) { Settings = reports }));
        Assert.Contains("n1 start?as=primary", Sketch.Calls(plan));
        // What was there before only the operation that was interrupted has seen.
        var before = new ChangeSettings("n1", $"{Name}='200'", true).Under(new() { Answered = [] });
        plan = Assert.IsType<Plan>(Planner.Decide(new ChangeSettings("n1", $"{Name}='100'", true), new() { Resumed = true, Inherited = before }, new(view, Sketch.Wal(view, "n1", _ => WalKinship.Identical)) { Settings = reports }));
        Assert.Same(before, plan.Undo);
    }

    [Theory]
    [InlineData("max_connections='200'"), InlineData("work_mem='64MB', random_page_cost"), InlineData("archive_command='cp ''%p'' /x, y=z'"), InlineData("log_line_prefix=''"), InlineData("pg_stat_statements.max='1000'")]
    public void Settings_are_read_as_they_are_written(string text) => Assert.Equal(text, SettingChange.Text(SettingChange.Parse(text).Value!));

    [Theory]
    [InlineData(""), InlineData("a=1"), InlineData("a='1"), InlineData("a='1',b='2'"), InlineData("a='1', "), InlineData("a='1', a"), InlineData("a b='1'"), InlineData("a='1\n'"), InlineData("a.b.c='1'"), InlineData("='1'"), InlineData("a;b")]
    public void What_is_none_is_refused(string text) => Assert.Equal(Code.Invalid, SettingChange.Parse(text).Refusal!.Code);

    [Fact]
    public void Settings_are_bounded()
    {
        Assert.NotNull(SettingChange.Parse($"a='{new string('x', 1001)}'").Refusal);
        Assert.NotNull(SettingChange.Parse(string.Join(", ", Enumerable.Range(0, 51).Select(i => $"a{i}"))).Refusal);
    }
}
