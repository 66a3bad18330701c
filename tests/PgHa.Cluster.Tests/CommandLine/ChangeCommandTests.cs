using System.Text.Json;

namespace PgHa.Cluster.Tests.CommandLine;

/// <summary>The commands that change something, piped, against three nodes in manual mode. Each test leaves N1 primary and the others streaming.</summary>
public sealed class ChangeCommandTests(ThreeShared three) : ClusterTest, IClassFixture<ThreeShared>
{
    private TestCluster Cluster => Share(three.Cluster);

    [Fact]
    public async Task A_switchover_shows_its_plan_its_steps_and_how_it_ended()
    {
        var cluster = Cluster;
        await cluster.Ledger.Insert(cluster.N1);
        var plan = await Cli.On(cluster.N3, "switchover", "pg-node02", "--by", "restart", "--dry-run");
        Assert.Equal(0, plan.Code);
        Assert.StartsWith("""
            switch over from pg-node01 to pg-node02, primary stopped first

               1. check that pg-node02 could follow pg-node01 (checked)
                  check that pg-node01 could follow pg-node02 (checked)
                  check that pg-node03 could follow pg-node02 (checked)
               2. checkpoint pg-node01

            """, plan.Text, StringComparison.Ordinal);
        Assert.Contains(" start pg-node02 as primary (from here on nothing is undone)\n", plan.Text, StringComparison.Ordinal);
        Assert.EndsWith("\nlost nothing\n\n", plan.Text, StringComparison.Ordinal);
        Assert.Contains("pg-node01 is primary", (await Cli.On(cluster.N1, "status")).Output, StringComparison.Ordinal);

        var done = await Cli.On(cluster.N3, "switchover", "pg-node02", "--by", "restart", "--yes", "--reason", "kernel upgrade");
        Assert.Equal((0, ""), (done.Code, done.Error));
        Assert.Contains("\noperation ID\n  ok check that pg-node02 could follow pg-node01 TIME\n", done.Text, StringComparison.Ordinal);
        Assert.Contains("\ndone in TIME; writes were interrupted for TIME\nnow: pg-node01 standby, pg-node02 primary, pg-node03 standby\n", done.Text, StringComparison.Ordinal);
        var last = JsonSerializer.Deserialize<JsonElement>((await cluster.N3.Api.GetV2("operations")).Body)[0];
        Assert.Equal("kernel upgrade", last.GetProperty("reason").GetString());

        Assert.Equal("nothing to do: pg-node02 is primary already\n", (await Cli.On(cluster.N1, "switchover", "pg-node02", "--yes")).Text);
        var back = await Cli.On(cluster.N1, "switchover", "pg-node01", "--yes", "--json");
        Assert.Equal("done", JsonSerializer.Deserialize<JsonElement>(back.Output).GetProperty("state").GetString());
        await Whole(cluster);
    }

    [Fact]
    public async Task Nobody_is_asked_where_there_is_no_terminal()
    {
        var said = await Cli.On(Cluster.N1, "restart", "pg-node02");
        Assert.Equal((2, "", "error: nobody can be asked here: this is no terminal\n  hint: --yes does it without asking, --dry-run only shows the plan\n"), (said.Code, said.Output, said.Error));
        var json = await Cli.On(Cluster.N1, "restart", "pg-node02", "--json");
        Assert.Equal((2, 2), (json.Code, JsonSerializer.Deserialize<JsonElement>(json.Output).GetProperty("code").GetInt32()));
    }

    [Fact]
    public async Task A_node_that_is_not_there_is_answered_with_those_that_are()
    {
        foreach (var words in (string[][])[["switchover", "pg-node09"], ["restart", "pg-node09"], ["stop", "../../etc"], ["rejoin", "a b"], ["clone", "pg-node02", "--from", "x"]])
        {
            var said = await Cli.On(Cluster.N1, [.. words, "--yes"]);
            Assert.Equal((2, ""), (said.Code, said.Output));
            Assert.Equal($"error: there is no node {words[^1]}\n  hint: nodes: pg-node01, pg-node02, pg-node03\n", said.Error);
        }
        Assert.Equal(2, (await Cli.On(Cluster.N1, "stop")).Code);
        Assert.Equal(2, (await Cli.On(Cluster.N1, "stop", "pg-node02", "--all", "--yes")).Code);
        Assert.Equal(2, (await Cli.On(Cluster.N1, "switchover", "--by", "magic")).Code);
        Assert.Equal(2, (await Cli.On(Cluster.N1, "reload", "--yes", "--reason", "two\nlines")).Code);
    }

    [Fact]
    public async Task A_refusal_names_commands_and_the_code()
    {
        var said = await Cli.On(Cluster.N1, "failover", "pg-node02", "--yes");
        Assert.Equal((1, ""), (said.Code, said.Output));
        Assert.Equal("""
            error: pg-node01 is writable (code 6)
              hint: a failover is for a primary that is down: to exchange the roles of running nodes pgha switchover pg-node02

            """, said.Error);
    }

    [Fact]
    public async Task Nodes_are_stopped_started_and_restarted_in_place()
    {
        var cluster = Cluster;
        Assert.Contains("\ndone in TIME\nnow: pg-node01 primary, pg-node02 stopped, pg-node03 standby\n", (await Cli.On(cluster.N1, "stop", "pg-node02", "--yes")).Text, StringComparison.Ordinal);
        Assert.Contains("  pg-node02 is stopped\n    -> pgha start pg-node02\n", (await Cli.On(cluster.N1, "status")).Text, StringComparison.Ordinal);
        Assert.Contains("error: pg-node02 does not run (code 7)\n  hint: pgha start pg-node02 starts it\n", (await Cli.On(cluster.N1, "restart", "pg-node02", "--yes")).Error, StringComparison.Ordinal);
        Assert.Equal(0, (await Cli.On(cluster.N3, "start", "pg-node02", "--yes")).Code);
        foreach (var node in (TestNode[])[cluster.N3, cluster.N1])
        {
            await cluster.Ledger.Insert(cluster.N1);
            var (pid, timeline) = (node.Postgres.Pid, await cluster.N1.Postgres.Timeline());
            var said = await Cli.On(cluster.N2, "restart", node.Name, "--yes");
            Assert.True(said.Code == 0, said.ToString());
            Assert.NotEqual(pid, node.Postgres.Pid);
            Assert.Equal(timeline, await cluster.N1.Postgres.Timeline());
        }
        await Whole(cluster);
    }

    [Fact]
    public async Task What_waits_for_a_restart_is_named_by_a_reload_and_in_force_after_it()
    {
        var cluster = Cluster;
        await cluster.N1.AddToPostgresConf("work_mem = '9MB'\nmax_locks_per_transaction = 65");
        await cluster.N2.AddToPostgresConf("max_locks_per_transaction = 65");
        await cluster.N3.AddToPostgresConf("work_mem = oops");
        var all = await Cli.On(cluster.N1, "reload", "--yes");
        Assert.Equal(4, all.Code);
        Assert.Contains("its settings cannot be read: ", all.Error, StringComparison.Ordinal);
        Assert.Contains("work_mem", all.Error, StringComparison.Ordinal);
        await cluster.N3.AddToPostgresConf("work_mem = '9MB'\nmax_locks_per_transaction = 65");
        Assert.True((await Cli.On(cluster.N1, "reload", "--yes")) is { Code: 0 });
        await Wait.Until("it is in force", async () => await cluster.N3.Postgres.Ask<string>("SHOW work_mem") == "9MB");
        foreach (var node in cluster.Nodes.Reverse())
        {
            await Wait.Until("its pending settings are seen", async () => (await Cli.On(cluster.N1, "status")).Text.Contains($"{node.Name}: max_locks_per_transaction waits for a restart\n    -> pgha restart {node.Name}\n", StringComparison.Ordinal), 20);
            Assert.Equal(0, (await Cli.On(cluster.N1, "restart", node.Name, "--yes")).Code);
            Assert.Equal("65", await node.Postgres.Ask<string>("SHOW max_locks_per_transaction"));
        }
        await Whole(cluster);
    }

    [Fact]
    public async Task A_rolling_restart_restarts_each_server_and_the_primary_is_where_it_was()
    {
        var cluster = Cluster;
        await cluster.Ledger.Insert(cluster.N1);
        Assert.Equal("nothing to do: no setting waits for a restart\n", (await Cli.On(cluster.N2, "restart", "--rolling", "--if-pending", "--yes")).Output);
        Assert.Equal("[]\n", (await Cli.On(cluster.N2, "restart", "--rolling", "--if-pending", "--yes", "--json")).Output);
        var pids = cluster.Nodes.Select(n => n.Postgres.Pid).ToArray();
        var plan = await Cli.On(cluster.N2, "restart", "--rolling", "--dry-run");
        Assert.Equal(0, plan.Code);
        Assert.StartsWith("1 of 4: restart pg-node02\n\n   1. check that pg-node02 could follow pg-node01 (checked)\n   2. stop pg-node02\n", plan.Text, StringComparison.Ordinal);
        Assert.EndsWith("4 of 4: switch over back to pg-node01\n     planned when the one before is done\n\n", plan.Text, StringComparison.Ordinal);
        Assert.Equal(pids, cluster.Nodes.Select(n => n.Postgres.Pid));

        var done = await Cli.On(cluster.N2, "restart", "--rolling", "--yes", "--reason", "minor release");
        Assert.True(done.Code == 0, done.ToString());
        Assert.All(cluster.Nodes, (n, i) => Assert.NotEqual(pids[i], n.Postgres.Pid));
        Assert.Contains("\nnow: pg-node01 primary, pg-node02 standby, pg-node03 standby\n", done.Text, StringComparison.Ordinal);
        Assert.All(JsonSerializer.Deserialize<JsonElement>((await cluster.N2.Api.GetV2("operations")).Body).EnumerateArray().Take(4), o => Assert.Equal("minor release", o.GetProperty("reason").GetString()));
        await Whole(cluster);
    }

    [Fact]
    public async Task A_rolling_restart_for_a_setting_goes_in_place_where_it_is_asked_to()
    {
        var cluster = Cluster;
        foreach (var node in (TestNode[])[cluster.N1, cluster.N3]) await node.AddToPostgresConf("shared_buffers = '17MB'");
        Assert.Equal(0, (await Cli.On(cluster.N1, "reload", "--yes")).Code);
        await Wait.Until("its pending settings are seen", async () => (await Cli.On(cluster.N1, "status")).Text.Split(": shared_buffers waits for a restart").Length == 3, 20);
        var (timeline, untouched) = (await cluster.N1.Postgres.Timeline(), cluster.N2.Postgres.Pid);
        var done = await Cli.On(cluster.N1, "restart", "--rolling", "--if-pending", "--primary", "in-place", "--yes", "--json");
        Assert.True(done.Code == 0, done.ToString());
        Assert.Equal(["restart pg-node03", "restart pg-node01"], JsonSerializer.Deserialize<JsonElement>(done.Output).EnumerateArray().Select(o => o.GetProperty("goal").GetString()));
        Assert.Equal((timeline, untouched), (await cluster.N1.Postgres.Timeline(), cluster.N2.Postgres.Pid));
        foreach (var node in (TestNode[])[cluster.N1, cluster.N3]) Assert.Equal("17MB", await node.Postgres.Ask<string>("SHOW shared_buffers"));
        await Whole(cluster);
    }

    [Fact]
    public async Task A_rolling_restart_does_not_begin_beside_a_node_that_is_down_and_stops_where_it_is_left()
    {
        var cluster = Cluster;
        Assert.Equal(0, (await Cli.On(cluster.N1, "stop", "pg-node03", "--yes")).Code);
        var down = await Cli.On(cluster.N1, "restart", "--rolling", "--yes");
        Assert.Equal((1, "error: pg-node03 is no streaming standby: another server would go down beside it (code 7)\n  hint: pgha status says what to do about it; pgha restart NODE restarts one node\n"), (down.Code, down.Error));
        Assert.Equal(0, (await Cli.On(cluster.N1, "start", "pg-node03", "--yes")).Code);
        await Whole(cluster);
        var (first, last) = (cluster.N2.Postgres.Pid, cluster.N1.Postgres.Pid);
        var checkpointer = Assert.Single(cluster.N3.Postgres.Titled("checkpointer")); // a stop waits for it
        Signal.Send(checkpointer, Signal.Stop);
        await using (var terminal = await Tmux.Start(150, 40, $"{AgentProcess.Binary} restart --rolling --yes --config {cluster.N1.Agent.ConfigFile}"))
        {
            await terminal.Shows("  ...   stop pg-node03");
            await terminal.Press("C-c");
            await terminal.Shows("ended with 5");
        }
        Signal.Send(checkpointer, Signal.Continue);
        await Whole(cluster);
        Assert.NotEqual(first, cluster.N2.Postgres.Pid);
        Assert.Equal(last, cluster.N1.Postgres.Pid);
        foreach (var words in (string[][])[["--rolling", "pg-node02"], [], ["pg-node02", "--primary", "in-place"], ["--rolling", "--primary", "magic"]])
            Assert.Equal(2, (await Cli.On(cluster.N1, ["restart", .. words, "--yes"])).Code);
        Assert.Equal("nothing to do: no setting waits for a restart\n", (await Cli.On(cluster.N1, "restart", "pg-node02", "--if-pending", "--yes")).Output);
    }

    [Fact]
    public async Task The_cluster_is_stopped_and_started_and_the_last_primary_is_primary_again()
    {
        var cluster = Cluster;
        await cluster.Ledger.Insert(cluster.N1);
        Assert.Equal(0, (await Cli.On(cluster.N2, "stop", "--all", "--yes")).Code);
        var down = await Cli.On(cluster.N2, "status");
        Assert.StartsWith("NO PRIMARY, 0 of 3 standbys stream, 4 things need a person\n", down.Text, StringComparison.Ordinal);
        Assert.Contains("  no node accepts writes\n    -> pgha start --all --dry-run says what starting all nodes would do\n", down.Text, StringComparison.Ordinal);
        var started = await Cli.On(cluster.N2, "start", "--all", "--yes");
        Assert.True(started.Code == 0, started.ToString());
        await Whole(cluster);
    }

    [Fact]
    public async Task In_a_terminal_a_person_is_asked_sees_the_steps_and_can_leave()
    {
        var cluster = Cluster;
        await using (var no = await Tmux.Start(100, 40, $"{AgentProcess.Binary} restart pg-node03 --config {cluster.N1.Agent.ConfigFile}"))
        {
            await no.Shows("carry it out? [y/N]");
            await no.Press("n", "Enter");
            await no.Shows("nothing was done\nended with 1");
        }
        await using (var yes = await Tmux.Start(100, 40, $"{AgentProcess.Binary} restart pg-node03 --config {cluster.N1.Agent.ConfigFile}"))
        {
            await yes.Shows("carry it out? [y/N]");
            await yes.Press("y", "Enter");
            var shown = await yes.Shows("ended with 0");
            Assert.Contains("  ok    start pg-node03 as standby of pg-node01", shown, StringComparison.Ordinal);
            Assert.Single(shown.Split('\n'), line => line.Contains("  stop pg-node03 ", StringComparison.Ordinal) && line.Contains(" ok ", StringComparison.Ordinal)); // drawn over, not below
        }
        await using (var stubborn = await Stubborn.On(cluster.N1))
        await using (var leaves = await Tmux.Start(100, 40, $"{AgentProcess.Binary} restart pg-node01 --yes --config {cluster.N2.Agent.ConfigFile}"))
        {
            await leaves.Shows("  ...   stop pg-node01");
            await leaves.Press("C-c");
            var left = await leaves.Shows("ended with 5");
            var id = System.Text.RegularExpressions.Regex.Match(left, "detached: the operation goes on. pgha operations (\\S+) --follow shows it again").Groups[1].Value;
            Assert.Equal("running", (await cluster.N2.Api.GetV2($"operations/{id}")).Field("state")!.Value.GetString());
            stubborn.LetEnd();
            await Wait.Until("it has ended by itself", async () => (await cluster.N2.Api.GetV2($"operations/{id}")).Field("state")!.Value.GetString() == "done", 30);
        }
        await Whole(cluster);
    }

    /// <summary>Its server is down, and whoever restarted it is gone: it is started again when that agent is back, by nobody's call.</summary>
    [Fact, Trait("Category", "Long")]
    public async Task A_restart_whose_coordinator_is_killed_half_way_ends_with_the_same_primary()
    {
        var cluster = Cluster;
        await using (var stubborn = await Stubborn.On(cluster.N1))
        await using (var terminal = await Tmux.Start(100, 40, $"{AgentProcess.Binary} restart pg-node01 --yes --config {cluster.N2.Agent.ConfigFile}"))
        {
            await terminal.Shows("  ...   stop pg-node01");
            await cluster.N2.Agent.Kill();
            stubborn.LetEnd();
            await Wait.Until("it is down", () => !cluster.N1.Postgres.IsRunning, 20);
            await cluster.N2.StartAgent();
            await terminal.Shows("ended with 0"); // whoever follows sees it through
        }
        await Whole(cluster);
    }

    private static async Task Whole(TestCluster cluster)
    {
        await cluster.WaitForStates("master", "slave", "slave");
        await cluster.Ledger.AssertOnEveryRunningNode();
    }
}
