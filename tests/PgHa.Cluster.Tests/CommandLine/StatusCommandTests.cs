using System.Text.Json;

namespace PgHa.Cluster.Tests.CommandLine;

/// <summary><c>pgha status</c> and <c>pgha topology</c>, piped, against three nodes.</summary>
public sealed class StatusCommandTests(ThreeShared three) : ClusterTest, IClassFixture<ThreeShared>
{
    private TestCluster Cluster => Share(three.Cluster);

    [Fact]
    public async Task One_look_says_who_is_primary_and_that_nothing_is_wrong()
    {
        var cluster = Cluster;
        await Level(cluster);
        var said = await Cli.On(cluster.N2, "status");
        Assert.Equal((0, ""), (said.Code, said.Error));
        Assert.Equal("""
            pg-node01 is primary, 2 of 2 standbys stream, nothing needs a person
            cluster test, system SYSTEM, no automatic failover

            node role state tl lsn to receive to replay behind sync agent
            pg-node01 primary running 1 LSN 0.1.0
            pg-node02 standby streaming 1 LSN 0 B 0 B TIME async 0.1.0
            pg-node03 standby streaming 1 LSN 0 B 0 B TIME async 0.1.0

            promotable pg-node02, pg-node03
            slots pg-node01: 2 for nodes

            """, said.Text);
    }

    [Fact]
    public async Task Nodes_that_cannot_be_seen_are_unknown_and_other_agents_are_asked()
    {
        var cluster = Cluster;
        await cluster.N3.Agent.Kill();
        try
        {
            var seen = await Cli.On(cluster.N1, "status");
            Assert.Equal(0, seen.Code);
            Assert.StartsWith("pg-node01 is primary, 1 of 2 standbys streams, 1 thing needs a person\n", seen.Text, StringComparison.Ordinal);
            Assert.Contains("pg-node03 unknown not seen\n", seen.Text, StringComparison.Ordinal);
            Assert.Contains("not pg-node03: its agent does not answer\n", seen.Text, StringComparison.Ordinal);
            Assert.EndsWith("""
                needs a person
                  pg-node03: the agent of pg-node03 at http://127.0.0.3:PORT/ does not answer: Connection refused
                    -> look at its agent there (systemctl status pgha); its server is attached to pg-node01

                """, seen.Text, StringComparison.Ordinal);
            Assert.DoesNotContain("stopped", seen.Text, StringComparison.Ordinal);
            var other = await Cli.On(cluster.N3, "status");
            Assert.Equal(0, other.Code);
            Assert.Contains("because the agent of pg-node03 at http://127.0.0.3:PORT/ does not answer", other.Text, StringComparison.Ordinal);
        }
        finally
        {
            await cluster.N3.StartAgent();
        }
    }

    [Fact]
    public async Task What_needs_a_person_is_named_with_what_to_do()
    {
        var cluster = Cluster;
        await cluster.N2.Postgres.Ask<string>("SELECT pg_wal_replay_pause()::text");
        await Replay(cluster.N2, "paused"); // until then it is only requested
        await cluster.N3.AddToPostgresConf("max_connections = 60\nmax_worker_processes = 9");
        await cluster.N3.Postgres.Ask<bool>("SELECT pg_reload_conf()");
        try
        {
            await Wait.Until("the settings are read", async () => (await Cli.On(cluster.N1, "status")).Text.Contains("pg-node03: max_connections, max_worker_processes wait for a restart\n    -> pgha restart pg-node03\n", StringComparison.Ordinal), 20);
            var said = await Cli.On(cluster.N1, "status");
            Assert.Contains("pg-node01 is primary, 2 of 2 standbys stream, 2 things need a person", said.Text, StringComparison.Ordinal);
            Assert.Contains("pg-node02 standby replays nothing", said.Text, StringComparison.Ordinal);
            Assert.Contains("  pg-node02: its replay is paused\n    -> SELECT pg_wal_replay_resume() on pg-node02\n", said.Text, StringComparison.Ordinal);
        }
        finally
        {
            await cluster.N2.Postgres.Ask<string>("SELECT pg_wal_replay_resume()::text");
            await Replay(cluster.N2, "not paused");
            await cluster.N3.AddToPostgresConf("max_connections = 50\nmax_worker_processes = 8");
            await cluster.N3.Postgres.Ask<bool>("SELECT pg_reload_conf()");
        }
    }

    private static Task Replay(TestNode node, string state) => Wait.Until($"the replay of {node.Name} is {state}", async () => await node.Postgres.Ask<string>("SELECT pg_get_wal_replay_pause_state()") == state);

    [Fact]
    public async Task The_same_for_programs_and_the_tree()
    {
        var cluster = Cluster;
        var json = await Cli.On(cluster.N1, "status", "--json");
        var status = JsonSerializer.Deserialize<JsonElement>(json.Output);
        Assert.Equal(("test", "pg-node01"), (status.GetProperty("cluster").GetString(), status.GetProperty("asked").GetString()));
        Assert.Equal(["primary", "standby", "standby"], status.GetProperty("nodes").EnumerateArray().Select(n => n.GetProperty("seen").GetProperty("state").GetString()));
        await Level(cluster);
        var tree = await Cli.On(cluster.N1, "topology");
        Assert.Equal("""
            pg-node01 primary, timeline 1
            |- pg-node02 standby, timeline 1, 0 B to replay
            `- pg-node03 standby, timeline 1, 0 B to replay

            """, tree.Text);
    }

    [Fact]
    public async Task An_agent_can_be_asked_from_any_machine()
    {
        var cluster = Cluster;
        var url = cluster.N2.AgentUrl.GetLeftPart(UriPartial.Authority);
        Assert.StartsWith("pg-node01 is primary", (await Cli.Run("status", "--url", url)).Output, StringComparison.Ordinal);
        Assert.StartsWith("pg-node01 is primary", (await Cli.Run(new Dictionary<string, string> { ["PGHA_URL"] = $"http://127.0.0.9:9, {url}" }, "status")).Output, StringComparison.Ordinal);
        var file = Path.Combine(cluster.N1.Folder, "client.yml");
        await File.WriteAllTextAsync(file, $"# how the agents are reached\nurl: {url}\n", TestContext.Current.CancellationToken);
        Assert.StartsWith("pg-node01 is primary", (await Cli.Run("status", "--client", file)).Output, StringComparison.Ordinal);
        await File.WriteAllTextAsync(file, $"urls: {url}\n", TestContext.Current.CancellationToken);
        Refused(await Cli.Run("status", "--client", file), 2, $"{file}:1: it is none of the lines that a client file has");
        Refused(await Cli.Run("status", "--url", "pg-node01:8079"), 2, "--url: 'pg-node01:8079' is not the address of an agent");
        Refused(await Cli.Run("status", "--url", "http://127.0.0.9:9"), 3, "the agent of 127.0.0.9:9 at http://127.0.0.9:9/ does not answer: Connection refused (code 10)");
        Refused(await Cli.Run("status"), 2, "no agent is named, and there is no /etc/pgha/pgha.yml on this machine");
    }

    [Fact]
    public async Task In_a_terminal_it_is_drawn_again_and_again_within_its_width_and_ends_without_a_trace()
    {
        var cluster = Cluster;
        await using var terminal = await Tmux.Start(70, 24, $"{AgentProcess.Binary} status --watch --config {cluster.N1.Agent.ConfigFile}");
        var first = await terminal.Shows("pg-node01 is primary, 2 of 2 standbys stream");
        Assert.Contains("again every second, Ctrl-C ends it", first, StringComparison.Ordinal);
        Assert.DoesNotContain("agent", first.Split('\n').First(l => l.StartsWith("node ", StringComparison.Ordinal)), StringComparison.Ordinal); // too narrow for all columns
        Assert.Contains("to replay", first, StringComparison.Ordinal);
        await cluster.N3.Agent.Kill();
        try
        {
            await terminal.Shows("pg-node03  unknown  not seen");
        }
        finally
        {
            await cluster.N3.StartAgent();
        }
        Assert.DoesNotContain("unknown", await terminal.Shows("nothing needs a person"), StringComparison.Ordinal);
        await terminal.Press("C-c");
        Assert.DoesNotContain("pg-node01", await terminal.Shows("ended with 0"), StringComparison.Ordinal);
    }

    private static void Refused(Said said, int code, string why)
    {
        Assert.Equal((code, ""), (said.Code, said.Output));
        Assert.StartsWith($"error: {why}\n  hint: ", said.Error, StringComparison.Ordinal);
    }

    /// <summary>A server writes WAL at any time.</summary>
    private static Task Level(TestCluster cluster) => Wait.Until("the standbys are level", async () => (await Cli.On(cluster.N1, "status", "--json")).Output is var json
        && JsonSerializer.Deserialize<JsonElement>(json).GetProperty("nodes")[0] is var primary && primary.TryGetProperty("standbys", out var standbys) && standbys.GetArrayLength() == 2
        && standbys.EnumerateArray().All(s => s.GetProperty("to_replay").GetInt64() == 0), 20);
}
