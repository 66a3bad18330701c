using System.Diagnostics;
using System.Text.Json;

namespace PgHa.Cluster.Tests.CommandLine;

/// <summary><c>pgha set</c> against three nodes in manual mode. Each test leaves N1 primary and the others streaming.</summary>
public sealed class SetCommandTests(ThreeShared three) : ClusterTest, IClassFixture<ThreeShared>
{
    private TestCluster Cluster => Share(three.Cluster);

    [Fact]
    public async Task Max_connections_is_raised_and_lowered_under_writes_and_replay_never_stands_still()
    {
        var cluster = Cluster;
        var (low, high) = ("50", "70");
        await Whole(cluster);
        var plan = await Cli.On(cluster.N3, "set", $"max_connections={high}", "--dry-run");
        Assert.Equal(("""
            node setting now then restart
            pg-node01 max_connections 50 70 yes
            pg-node02 max_connections 50 70 yes
            pg-node03 max_connections 50 70 yes

               1. set on pg-node02, and restart it
               2. set on pg-node03, and restart it
               3. set on pg-node01: in force after its restart
               4. switch over from pg-node01, which restarts it
               5. switch over back to pg-node01


            """, 0), (plan.Text, plan.Code));
        await using (var still = new StandingStill(cluster))
        await using (new WritingClients(cluster))
        {
            var raised = await Cli.On(cluster.N3, "set", $"max_connections={high}", "--yes", "--reason", "more clients");
            Assert.True(raised.Code == 0, raised.ToString());
            await Shows(cluster, "max_connections", high);
            Assert.Contains("\n5: switch over back to", "\n" + raised.Text.Replace("\nswitch over back to", "\n5: switch over back to", StringComparison.Ordinal), StringComparison.Ordinal);
            Assert.Equal("nothing to do: all nodes have it", (await Cli.On(cluster.N2, "set", $"max_connections={high}", "--yes")).Text.Split("\n")[^3]);
            var (timeline, pids) = (await cluster.N1.Postgres.Timeline(), cluster.Nodes.Select(n => n.Postgres.Pid).ToArray());

            var lowered = await Cli.On(cluster.N2, "set", $"max_connections={low}", "--yes");
            Assert.True(lowered.Code == 0, lowered.ToString());
            await Shows(cluster, "max_connections", low);
            Assert.Contains("1: set on pg-node01, and restart it in place: writes are interrupted for as long as that takes\n", lowered.Text, StringComparison.Ordinal);
            Assert.Equal(timeline, await cluster.N1.Postgres.Timeline());
            Assert.All(cluster.Nodes, (n, i) => Assert.NotEqual(pids[i], n.Postgres.Pid));
            Assert.Empty(still.Seen);
        }
        Assert.Contains("more clients", (await cluster.N3.Api.GetV2("operations")).Body, StringComparison.Ordinal);
        await Reset(cluster, "max_connections");
    }

    [Fact]
    public async Task A_setting_without_a_restart_is_in_force_everywhere_and_can_be_taken_back()
    {
        var cluster = Cluster;
        await Whole(cluster);
        var pids = cluster.Nodes.Select(n => n.Postgres.Pid).ToArray();
        var set = await Cli.On(cluster.N2, "set", "work_mem=9MB", "search_path=\"$user\", public", "pg_catalog.nothing=1", "--yes");
        Assert.Equal((2, "error: PostgreSQL of pg-node01 knows no setting pg_catalog.nothing\n"), (set.Code, set.Error.Split("  hint")[0]));
        set = await Cli.On(cluster.N2, "set", "work_mem=9MB", "search_path=\"$user\", app", "log_line_prefix=it's %m ", "--yes", "--json");
        Assert.True(set.Code == 0, set.ToString());
        Assert.Equal(3, JsonSerializer.Deserialize<JsonElement>(set.Output).GetArrayLength());
        await Shows(cluster, "work_mem", "9MB");
        foreach (var node in cluster.Nodes) Assert.Equal("\"$user\", app", await node.Postgres.Ask<string>("SELECT setting FROM pg_file_settings WHERE name = 'search_path' AND applied")); // the sessions here have their own
        await Shows(cluster, "log_line_prefix", "it's %m ");
        Assert.Equal("[]\n", (await Cli.On(cluster.N1, "set", "work_mem=9216", "--yes", "--json")).Output);
        var back = await Cli.On(cluster.N1, "set", "work_mem=", "--reset", "search_path", "--reset", "log_line_prefix", "--yes");
        Assert.True(back.Code == 0, back.ToString());
        await Shows(cluster, "work_mem", "4MB");
        foreach (var node in cluster.Nodes) Assert.DoesNotContain("work_mem", await File.ReadAllTextAsync(node.Postgres.InData("postgresql.auto.conf"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal(pids, cluster.Nodes.Select(n => n.Postgres.Pid));
        await Whole(cluster);
    }

    [Fact]
    public async Task What_is_refused_changes_nothing_anywhere()
    {
        var cluster = Cluster;
        await Whole(cluster);
        var files = await Files(cluster);
        foreach (var (words, code, said) in ((string[], int, string)[])
        [
            (["max_connections=many"], 1, "invalid value for parameter \"max_connections\": \"many\""), (["max_connections=0"], 1, "0 is outside the valid range for parameter \"max_connections\""),
            (["work_mem=1MB", "max_wal_senders=-5"], 1, "outside the valid range"), (["max_conections=100"], 2, "knows no setting max_conections"), (["primary_conninfo=host=x"], 1, "primary_conninfo is not set for all nodes by pgha"),
            (["port=5433"], 1, "port is not set"), (["synchronous_standby_names=*"], 1, "synchronous_standby_names is not set"), (["block_size=1"], 1, "block_size"), (["wal_level=minimal"], 1, "wal_level"),
            (["shared_preload_libraries=no_such_thing"], 1, "no_such_thing"), (["max_replication_slots=1"], 1, "max_replication_slots"), (["max_connections"], 2, "is not of the form NAME=VALUE"), (["a b=1"], 2, "is no name of a setting"),
            (["max_connections=70", "max_wal_senders=5"], 2, "raise and lower in two commands"), (["work_mem=1MB", "--reset", "work_mem"], 2, "work_mem is named twice"), ([], 2, "no setting is named"),
        ])
        {
            var refused = await Cli.On(cluster.N1, ["set", .. words, "--yes"]);
            Assert.True(refused.Code == code && refused.Error.Contains(said, StringComparison.Ordinal) && refused.Error.Contains("\n  hint: ", StringComparison.Ordinal), $"{string.Join(' ', words)}: {refused}");
        }
        Assert.Equal(files, await Files(cluster));
        await Whole(cluster);
    }

    [Fact]
    public async Task Whoever_is_killed_in_the_middle_repeats_the_command()
    {
        var cluster = Cluster;
        await Whole(cluster);
        await cluster.Ledger.Insert(cluster.N1);
        var first = cluster.N1.Postgres.Pid;
        using (var command = Process.Start(new ProcessStartInfo(AgentProcess.Binary, ["set", "max_locks_per_transaction=70", "--in-place", "--yes", "--config", cluster.N1.Agent.ConfigFile]) { RedirectStandardOutput = true })!)
        {
            await Wait.Until("the first standby is being changed", async () => (await File.ReadAllTextAsync(cluster.N2.Postgres.InData("postgresql.auto.conf"), TestContext.Current.CancellationToken)).Contains("max_locks_per_transaction", StringComparison.Ordinal));
            command.Kill();
        }
        await Wait.Until("its operation has ended by itself", async () => !(await cluster.N1.Api.GetV2("operations")).Body.Contains("\"running\"", StringComparison.Ordinal), 30);
        await Whole(cluster);
        Assert.Equal("70", await cluster.N2.Postgres.Ask<string>("SHOW max_locks_per_transaction"));
        Assert.Equal(first, cluster.N1.Postgres.Pid);
        var second = cluster.N2.Postgres.Pid;
        var again = await Cli.On(cluster.N2, "set", "max_locks_per_transaction=70", "--in-place", "--yes");
        Assert.True(again.Code == 0, again.ToString());
        await Shows(cluster, "max_locks_per_transaction", "70");
        Assert.Equal(second, cluster.N2.Postgres.Pid);
        await Whole(cluster);
        await Reset(cluster, "max_locks_per_transaction");
    }

    [Fact]
    public async Task In_a_terminal_a_person_is_asked_and_can_leave_between_two_nodes()
    {
        var cluster = Cluster;
        await Whole(cluster);
        await using (var no = await Tmux.Start(110, 40, $"{AgentProcess.Binary} set max_wal_senders=60 --config {cluster.N1.Agent.ConfigFile}"))
        {
            await no.Shows("carry it out? [y/N]");
            await no.Press("n", "Enter");
            await no.Shows("nothing was done\nended with 1");
        }
        var last = cluster.N1.Postgres.Pid;
        var checkpointer = Assert.Single(cluster.N3.Postgres.Titled("checkpointer")); // a stop waits for it
        Signal.Send(checkpointer, Signal.Stop);
        await using (var terminal = await Tmux.Start(150, 40, $"{AgentProcess.Binary} set max_wal_senders=60 --in-place --yes --config {cluster.N1.Agent.ConfigFile}"))
        {
            await terminal.Shows("  ...   stop pg-node03");
            await terminal.Press("C-c");
            var left = await terminal.Shows("ended with 5");
            Assert.Contains("The same command again does what is left", left, StringComparison.Ordinal);
        }
        Signal.Send(checkpointer, Signal.Continue);
        await Whole(cluster);
        Assert.Equal(last, cluster.N1.Postgres.Pid);
        var again = await Cli.On(cluster.N1, "set", "max_wal_senders=60", "--in-place", "--yes");
        Assert.True(again.Code == 0, again.ToString());
        Assert.Contains("\n   1. set on pg-node01, and restart it in place: writes are interrupted for as long as that takes\n", again.Text, StringComparison.Ordinal);
        await Shows(cluster, "max_wal_senders", "60");
        await Reset(cluster, "max_wal_senders");
    }

    /// <summary>The server program accepts the value, and the machine has not enough memory: the server is started with what it had.</summary>
    [Fact]
    public async Task A_server_that_does_not_start_with_the_new_value_gets_the_old_one_back()
    {
        var cluster = Cluster;
        await Whole(cluster);
        var files = await Files(cluster);
        var refused = await Cli.On(cluster.N1, "set", "huge_pages=on", "--yes");
        Assert.StartsWith("error: the server of pg-node01 would not start again: huge_pages: it is on, and shared_buffers needs 32 MB in huge pages", refused.Error, StringComparison.Ordinal);
        var (first, last) = (cluster.N2.Postgres.Pid, cluster.N1.Postgres.Pid);
        var failed = await Cli.On(cluster.N1, "set", "max_locks_per_transaction=40000000", "--yes"); // more memory for locks than there is
        Assert.Equal(4, failed.Code);
        Assert.Contains("\nfailed in TIME, and what had been done was undone\n", failed.Text, StringComparison.Ordinal);
        Assert.Contains("not begun: set on pg-node03, and restart it, ", failed.Error, StringComparison.Ordinal);
        await Whole(cluster);
        Assert.NotEqual(first, cluster.N2.Postgres.Pid);
        Assert.Equal(last, cluster.N1.Postgres.Pid);
        Assert.Equal(files, await Files(cluster));
        await Shows(cluster, "max_locks_per_transaction", "64");
    }

    /// <summary>It has no standby to ask first: the primary itself is stopped, does not start, and serves again.</summary>
    [Fact]
    public async Task A_primary_that_does_not_start_with_the_new_value_serves_again_with_the_old_one()
    {
        var cluster = Cluster;
        await Whole(cluster);
        var (files, pid) = (await Files(cluster), cluster.N1.Postgres.Pid);
        var begun = await cluster.N2.Api.Post("../v2/cluster/set", """{"target":"pg-node01","settings":"max_pred_locks_per_transaction='400000000'","by":"restart"}""");
        var id = begun.Field("id")!.Value.GetString();
        await Wait.Until("it has ended", async () => (await cluster.N2.Api.GetV2($"operations/{id}")).Field("state")!.Value.GetString() is not "running", 30);
        Assert.Equal("undone", (await cluster.N2.Api.GetV2($"operations/{id}")).Field("state")!.Value.GetString());
        Assert.NotEqual(pid, cluster.N1.Postgres.Pid);
        await Whole(cluster);
        Assert.Equal(files, await Files(cluster));
    }

    [Fact]
    public async Task Libraries_and_what_they_know_are_set_one_after_the_other()
    {
        var cluster = Cluster;
        await Whole(cluster);
        var libraries = await Cli.On(cluster.N1, "set", "shared_preload_libraries=auto_explain, pg_stat_statements", "--in-place", "--yes");
        Assert.True(libraries.Code == 0, libraries.ToString());
        await Shows(cluster, "shared_preload_libraries", "auto_explain, pg_stat_statements");
        var bad = await Cli.On(cluster.N1, "set", "auto_explain.log_format=yaaml", "--yes");
        Assert.Contains("PostgreSQL of pg-node02 does not accept auto_explain.log_format = yaaml: invalid value for parameter", bad.Error, StringComparison.Ordinal);
        Assert.Equal(0, (await Cli.On(cluster.N1, "set", "auto_explain.log_min_duration=1min", "--yes")).Code);
        await Shows(cluster, "auto_explain.log_min_duration", "1min");
        Assert.Equal("[]\n", (await Cli.On(cluster.N1, "set", "auto_explain.log_min_duration=1min", "--yes", "--json")).Output);
        var restarted = await Cli.On(cluster.N1, "set", "pg_stat_statements.max=2000", "--in-place", "--yes");
        Assert.True(restarted.Code == 0, restarted.ToString());
        await Shows(cluster, "pg_stat_statements.max", "2000");
        Assert.Equal("[]\n", (await Cli.On(cluster.N1, "set", "pg_stat_statements.max=2000", "--yes", "--json")).Output);
        var back = await Cli.On(cluster.N1, "set", "--reset", "auto_explain.log_min_duration", "--reset", "pg_stat_statements.max", "--reset", "shared_preload_libraries", "--in-place", "--yes");
        Assert.True(back.Code == 0, back.ToString());
        await Shows(cluster, "shared_preload_libraries", "");
        await Whole(cluster);
    }

    /// <summary>Its agent carries the operation out, and is killed while the primary is down: the command sees it through.</summary>
    [Fact, Trait("Category", "Long")]
    public async Task The_agent_is_killed_while_the_primary_is_down_and_all_nodes_have_the_value_at_the_end()
    {
        var cluster = Cluster;
        await Whole(cluster);
        await cluster.Ledger.Insert(cluster.N1);
        Task<Said> command;
        await using (var stubborn = await Stubborn.On(cluster.N1))
        {
            command = Cli.On(cluster.N2, "set", "max_connections=45", "--yes");
            await Wait.Until("the primary is being stopped", async () => (await cluster.N2.Api.GetV2("operations")).Body is var said
                && JsonSerializer.Deserialize<JsonElement>(said).EnumerateArray().Any(o => o.GetProperty("steps").EnumerateArray().Any(s => s.GetProperty("step").GetString()!.StartsWith("stop pg-node01", StringComparison.Ordinal) && s.GetProperty("state").GetString() == "running")), 20);
            await cluster.N2.Agent.Kill();
            stubborn.LetEnd();
            await Wait.Until("it is down", () => !cluster.N1.Postgres.IsRunning, 20);
        }
        await cluster.N2.StartAgent();
        var said = await command;
        Assert.True(said.Code == 0, said.ToString());
        await Shows(cluster, "max_connections", "45");
        await Whole(cluster);
        await Reset(cluster, "max_connections");
    }

    [Fact]
    public async Task A_stopped_node_is_waited_for_or_written_to_with_force()
    {
        var cluster = Cluster;
        await Whole(cluster);
        Assert.Equal(0, (await Cli.On(cluster.N1, "stop", "pg-node03", "--yes")).Code);
        var refused = await Cli.On(cluster.N1, "set", "max_worker_processes=60", "--yes");
        Assert.Equal((1, "error: pg-node03 is no streaming standby: another server would be restarted beside it (code 7)\n  hint: pgha status says what to do about it; --force goes on beside it\n"), (refused.Code, refused.Error));
        var forced = await Cli.On(cluster.N1, "set", "max_worker_processes=60", "--in-place", "--force", "--yes");
        Assert.True(forced.Code == 0, forced.ToString());
        Assert.Equal("60", await cluster.N1.Postgres.Ask<string>("SHOW max_worker_processes"));
        var lower = await Cli.On(cluster.N1, "set", "max_worker_processes=50", "--in-place", "--yes");
        Assert.Contains("pg-node03 is stopped: it has to replay", lower.Error, StringComparison.Ordinal);
        Assert.Equal(0, (await Cli.On(cluster.N1, "start", "pg-node03", "--yes")).Code);
        await Shows(cluster, "max_worker_processes", "60");
        await Whole(cluster);
        await Reset(cluster, "max_worker_processes");
    }

    private static async Task Reset(TestCluster cluster, string name)
    {
        var reset = await Cli.On(cluster.N1, "set", "--reset", name, "--in-place", "--yes");
        Assert.True(reset.Code == 0, reset.ToString());
        await Whole(cluster);
    }

    private static async Task Shows(TestCluster cluster, string name, string value)
    {
        foreach (var node in cluster.Nodes) Assert.Equal((node.Name, value), (node.Name, await node.Postgres.Ask<string>($"SHOW {name}")));
    }

    /// <summary>primary_conninfo and its slot are the agents' business.</summary>
    private static async Task<string> Files(TestCluster cluster) => string.Join('\n', await Task.WhenAll(cluster.Nodes.Select(async n =>
        string.Join('\n', (await File.ReadAllLinesAsync(n.Postgres.InData("postgresql.auto.conf"), TestContext.Current.CancellationToken)).Where(l => !l.StartsWith("primary_", StringComparison.Ordinal))))));

    private static async Task Whole(TestCluster cluster)
    {
        await cluster.WaitForStates("master", "slave", "slave");
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    /// <summary>Looks all the time whether a standby's replay is paused: that is what a limit which is too low does to it.</summary>
    private sealed class StandingStill : IAsyncDisposable
    {
        private readonly CancellationTokenSource stop = new();
        private readonly Task[] looks;

        internal System.Collections.Concurrent.ConcurrentBag<string> Seen { get; } = [];

        internal StandingStill(TestCluster cluster) => looks = [.. cluster.Nodes.Select(node => Task.Run(() => Look(node)))];

        public async ValueTask DisposeAsync()
        {
            await stop.CancelAsync();
            await Task.WhenAll(looks);
            stop.Dispose();
        }

        private async Task Look(TestNode node)
        {
            while (!stop.IsCancellationRequested)
            {
                try
                {
                    if (await node.Postgres.Ask<bool>("SELECT CASE WHEN pg_is_in_recovery() THEN pg_is_wal_replay_paused() ELSE false END"))
                        Seen.Add(node.Name);
                }
                catch (Exception e) when (e is Npgsql.NpgsqlException or System.Net.Sockets.SocketException or TimeoutException)
                {
                    // it is being restarted
                }
                await Task.Delay(20);
            }
        }
    }
}
