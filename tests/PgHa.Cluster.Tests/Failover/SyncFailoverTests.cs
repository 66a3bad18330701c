using System.Text.Json;
using PgHa.Cluster.Tests.Trouble;

namespace PgHa.Cluster.Tests.Failover;

/// <summary>Automatic failover with synchronous replication that the agents manage, on real servers, agents, guards and etcd.</summary>
public sealed class SyncFailoverTests : ClusterTest
{
    /// <summary>
    /// Another standby has the better priority, and lacks what was acknowledged last. On a machine that is slow enough it takes the place all the same, with the WAL of the one that has it.
    /// </summary>
    [Fact]
    public async Task The_sync_standby_is_replaced_when_it_is_lost_and_what_was_acknowledged_outlives_the_primary()
    {
        await using var automatic = await AutomaticCluster.Running(Keep, sync: "on", priority: n => n.Number == 3 ? 50 : 0);
        var cluster = automatic.Cluster;
        await WaitsFor(cluster.N1, cluster.N3);
        await using (new WritingClients(cluster))
        {
            await Written(cluster, cluster.N1);
            await cluster.Play("DELETE N3 instance/current → master, slave, inactive");
            await Wait.Until("commits go on with N2", async () => await NamesOf(cluster.N1) == Only(cluster.N2), 20);
            await Written(cluster, cluster.N1);
            TestContext.Current.TestOutputHelper?.WriteLine($"longest pause of commits {cluster.Ledger.LongestPause(cluster.N1).TotalSeconds:0.00} s");
            await WaitsFor(cluster.N1, cluster.N2);
            await cluster.Play("POST N3 instance/slave → master, slave, slave");
            await Task.Delay(TimeSpan.FromSeconds(3), TestContext.Current.CancellationToken); // it would be chosen, if the one that is there did not stay
            await WaitsFor(cluster.N1, cluster.N2);
            await StandbyBehindTests.ToReceiver(cluster.N3, Signal.Stop);
            await Written(cluster, cluster.N1);
        }
        await AutomaticCluster.Lose(cluster.N1);
        await Wait.Until("another node serves", async () => await Accepts(cluster.N2) || await Accepts(cluster.N3), 60);
        var primary = await Accepts(cluster.N2) ? cluster.N2 : cluster.N3;
        var other = primary == cluster.N2 ? cluster.N3 : cluster.N2;
        await AutomaticCluster.Holds(primary);
        await cluster.Ledger.Insert(primary);
        await WaitsFor(primary, other);
        await cluster.N1.StartAgent();
        await Wait.Until("N1 follows", () => Follows(cluster.N1, primary), 60);
        await cluster.Ledger.AssertOnEveryRunningNode();
        cluster.Ledger.Reigns();
    }

    [Theory, Trait("Category", "Long")]
    [InlineData("on"), InlineData("quorum")]
    public async Task Where_the_acknowledged_writes_may_be_elsewhere_nobody_is_promoted_until_they_can_be_seen(string sync)
    {
        await using var automatic = await AutomaticCluster.Running(Keep, sync: sync);
        var cluster = automatic.Cluster;
        var (chosen, other) = (cluster.N2, cluster.N3);
        await Wait.Until("the record counts", () => Says(cluster.N1, sync == "on" ? $"and on {chosen.Name}" : $"and on 1 of {chosen.Name}, {other.Name}"), 30);
        await cluster.Ledger.Insert(cluster.N1, 50);
        await Task.WhenAll(AutomaticCluster.Lose(cluster.N1), AutomaticCluster.Lose(chosen));
        await Wait.Until($"{other.Name} says why it waits", async () => await AutomaticCluster.Explain(other) is { } said && said.GetProperty("row").GetInt32() == 13
            && said.GetProperty("reason").GetString()!.Contains("may be elsewhere", StringComparison.Ordinal)
            && said.GetProperty("hint").GetString()!.Contains($"sync/release?nodes=pg-node01,{chosen.Name}", StringComparison.Ordinal), 40);
        await Task.Delay(AutomaticCluster.D * 2, TestContext.Current.CancellationToken);
        Assert.True(await other.Postgres.Ask<bool>("SELECT pg_is_in_recovery()"));
        await chosen.StartAgent();
        await Wait.Until("a node serves", async () => await Accepts(chosen) || await Accepts(other), 60);
        var primary = await Accepts(chosen) ? chosen : other;
        await AutomaticCluster.Holds(primary);
        await cluster.Ledger.Insert(primary);
        await Wait.Until("the other one follows", () => Follows(primary == chosen ? other : chosen, primary), 40);
        await cluster.N1.StartAgent();
        await Wait.Until("N1 follows", () => Follows(cluster.N1, primary), 60);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Fact, Trait("Category", "Long")]
    public async Task What_only_a_person_can_decide_is_one_call()
    {
        await using var automatic = await AutomaticCluster.Running(Keep, sync: "on");
        var cluster = automatic.Cluster;
        await WaitsFor(cluster.N1, cluster.N2);
        Assert.Equal(409, (await cluster.N3.Api.PostV2("cluster/sync/release?nodes=pg-node01,pg-node02")).Status);
        await cluster.Ledger.Insert(cluster.N1, 10);
        await Wait.Until("N3 has them, too", async () => (await Ledger.Rows(cluster.N3)).Count == 10);
        await Task.WhenAll(AutomaticCluster.Lose(cluster.N1), AutomaticCluster.Lose(cluster.N2));
        await Wait.Until("N3 waits", async () => await AutomaticCluster.Explain(cluster.N3) is { } said && said.GetProperty("row").GetInt32() == 13, 40);
        Assert.Equal(400, (await cluster.N3.Api.PostV2("cluster/sync/release?nodes=pg-node01")).Status);
        Assert.Equal(204, (await cluster.N3.Api.PostV2("cluster/sync/release?nodes=pg-node01,pg-node02")).Status);
        await AutomaticCluster.Holds(cluster.N3, 40);
        await cluster.N2.StartAgent();
        await Wait.Until("N2 follows", () => Follows(cluster.N2, cluster.N3), 60);
        await cluster.Ledger.Insert(cluster.N3);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Fact, Trait("Category", "Long")]
    public async Task Without_a_standby_commits_wait_and_go_on_when_one_is_back()
    {
        await using var automatic = await AutomaticCluster.Running(Keep, sync: "on");
        var cluster = automatic.Cluster;
        await WaitsFor(cluster.N1, cluster.N2);
        await Task.WhenAll(AutomaticCluster.Lose(cluster.N2), AutomaticCluster.Lose(cluster.N3));
        var waiting = cluster.Ledger.Insert(cluster.N1, 1);
        await Wait.Until("N1 says that commits wait", () => Says(cluster.N1, "commits wait, because"), 20);
        Assert.Contains("failover.sync: off", (await AutomaticCluster.Explain(cluster.N1))!.Value.GetProperty("hint").GetString(), StringComparison.Ordinal);
        Assert.False(waiting.IsCompleted);
        await cluster.N3.StartAgent();
        await waiting.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        await WaitsFor(cluster.N1, cluster.N3);
        await AutomaticCluster.Holds(cluster.N1);
        Assert.Equal(1, await AutomaticCluster.Epoch(cluster.N1));
    }

    /// <summary>Only PostgreSQL's checkpointer tells the sessions that commits wait. Until it has, a session acknowledges by the primary alone, whatever a new connection shows.</summary>
    [Fact, Trait("Category", "Long")]
    public async Task While_the_checkpointer_has_not_told_the_sessions_that_commits_wait_no_standby_is_relied_on()
    {
        await using var automatic = await AutomaticCluster.Running(Keep, sync: "on", agents: false);
        var cluster = automatic.Cluster;
        var (n1, n2, n3) = (cluster.N1, cluster.N2, cluster.N3);
        await using var session = await n1.Postgres.Connect(); // from before
        var checkpointer = Assert.Single(n1.Postgres.Titled("checkpointer"));
        Signal.Send(checkpointer, Signal.Stop);
        await cluster.StartAgents();
        await Wait.Until("commits are to wait", async () => await NamesOf(n1) is { Length: > 0 }, 60);
        foreach (var standby in new[] { n2, n3 })
            Signal.Send(Assert.Single(standby.Postgres.Titled("walreceiver")), Signal.Stop);
        await cluster.Ledger.InsertOne(n1, session); // nobody but the primary has it
        await Wait.Until("the record says so", () => Says(n1, $"only {n1.Name} is known to have everything"), 20);

        await AutomaticCluster.Lose(n1);
        await Wait.Until("N2 waits for N1", async () => await AutomaticCluster.Explain(n2) is { } said && said.GetProperty("row").GetInt32() == 13, 40);
        foreach (var standby in new[] { n2, n3 })
            foreach (var receiver in standby.Postgres.Titled("walreceiver"))
                Signal.Send(receiver, Signal.Continue);
        await n1.StartAgent();
        await AutomaticCluster.Holds(n1, 60);
        await Wait.Until("both follow", async () => await Follows(n2, n1) && await Follows(n3, n1), 60);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Fact, Trait("Category", "Long")]
    public async Task A_postmaster_that_is_killed_comes_back_with_the_same_setting_and_record()
    {
        await using var automatic = await AutomaticCluster.Running(Keep, sync: "on");
        var cluster = automatic.Cluster;
        await WaitsFor(cluster.N1, cluster.N2);
        await cluster.Ledger.Insert(cluster.N1);
        var before = cluster.N1.Postgres.Pid;
        cluster.N1.Postgres.KillPostmaster();
        await Wait.Until("it serves again", async () => cluster.N1.Postgres.Pid is { } pid && pid != before && await cluster.N1.Postgres.Serves(), 30);
        Assert.Equal(Only(cluster.N2), await NamesOf(cluster.N1));
        await cluster.Ledger.Insert(cluster.N1);
        await WaitsFor(cluster.N1, cluster.N2);
        Assert.Equal(1, await AutomaticCluster.Epoch(cluster.N1));
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    /// <summary>It is the only voter: what it held does not count while it is replaced, and counts again when it has everything.</summary>
    [Fact, Trait("Category", "Long")]
    public async Task A_voter_leaves_the_record_before_its_data_are_replaced()
    {
        await using var automatic = await AutomaticCluster.Running(Keep, sync: "on");
        var cluster = automatic.Cluster;
        await WaitsFor(cluster.N1, cluster.N2);
        await AutomaticCluster.Lose(cluster.N3);
        await cluster.Play("DELETE N2 instance/current → single, inactive, unknown");
        await WaitsFor(cluster.N1, cluster.N2); // there is no other one
        Directory.Delete(cluster.N2.Postgres.DataDirectory, recursive: true);
        var waiting = cluster.Ledger.Insert(cluster.N1, 1);
        var counted = Counted(cluster);
        Assert.Equal(200, (await cluster.N2.Api.Post("data/clone")).Status);
        await waiting.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        await Wait.Until("it counts again", () => Counted(cluster) == counted + 1, 30);
        await WaitsFor(cluster.N1, cluster.N2);
        await cluster.Ledger.AssertOnEveryRunningNode();

        static int Counted(TestCluster cluster) => File.ReadAllText(cluster.N1.Agent.LogFile).Split("counts on pg-node02").Length;
    }

    /// <summary>That is the way out which the hint names.</summary>
    [Fact, Trait("Category", "Long")]
    public async Task Where_commits_wait_sync_can_be_turned_off()
    {
        await using var automatic = await AutomaticCluster.Running(Keep, AutomaticCluster.D * 3, sync: "on");
        var cluster = automatic.Cluster;
        await WaitsFor(cluster.N1, cluster.N2);
        await Task.WhenAll(AutomaticCluster.Lose(cluster.N2), AutomaticCluster.Lose(cluster.N3));
        var waiting = cluster.Ledger.Insert(cluster.N1, 1);
        await Wait.Until("N1 says that commits wait", () => Says(cluster.N1, "commits wait, because"), 20);
        foreach (var node in cluster.Nodes) await node.ChangeAgentConfig("sync: on", "sync: off");
        await cluster.N1.Agent.Kill();
        await cluster.N1.StartAgent();
        await waiting.WaitAsync(TimeSpan.FromSeconds(40), TestContext.Current.CancellationToken);
        Assert.Equal("", await NamesOf(cluster.N1));
        await AutomaticCluster.Holds(cluster.N1);
        await AutomaticCluster.Lose(cluster.N1);
        await cluster.N3.StartAgent(); // nothing keeps it from taking the place alone any more
        await AutomaticCluster.Holds(cluster.N3, 60);
    }

    [Theory, Trait("Category", "Long")]
    [InlineData("by=promote", "on"), InlineData("by=restart", "on"), InlineData("by=promote", "quorum")]
    public async Task A_planned_switchover_carries_it_along(string how, string sync)
    {
        await using var automatic = await AutomaticCluster.Running(Keep, sync: sync);
        var cluster = automatic.Cluster;
        await WaitsFor(cluster.N1, sync == "on" ? [cluster.N2] : [cluster.N2, cluster.N3]);
        await using (new WritingClients(cluster))
        {
            await Written(cluster, cluster.N1);
            await cluster.Play($"POST N1 instance/switchover/masterSlave?{how}&to=pg-node03 → slave, slave, master");
            await Written(cluster, cluster.N3);
            TestContext.Current.TestOutputHelper?.WriteLine($"interruption {cluster.Ledger.Interruption(cluster.N1, cluster.N3).TotalMilliseconds:0} ms");
        }
        await Wait.Until("the record counts on standbys of N3", async () => sync == "on"
            ? await Says(cluster.N3, "everything is on pg-node03 and on pg-node01") || await Says(cluster.N3, "everything is on pg-node03 and on pg-node02")
            : await Says(cluster.N3, "everything is on pg-node03 and on 1 of pg-node01, pg-node02"), 30);
        Assert.Equal(2, await AutomaticCluster.Epoch(cluster.N3));
        await cluster.Ledger.AssertOnEveryRunningNode();
        cluster.Ledger.Reigns();
    }

    /// <summary>The setting is in force, and the record counts on no other node.</summary>
    internal static async Task WaitsFor(TestNode primary, params TestNode[] standbys)
    {
        await Wait.Until($"commits wait for {string.Join(", ", standbys.Select(s => s.Name))}", async () => await NamesOf(primary) == (standbys.Length == 1 ? Only(standbys[0])
            : $"""ANY 1 ({string.Join(", ", standbys.Select(s => $"\"{s.Name}\""))})"""), 30);
        await Wait.Until("the record says so", () => Says(primary, $"everything is on {primary.Name} and on {(standbys.Length == 1 ? "" : "1 of ")}{string.Join(", ", standbys.Select(s => s.Name))}"), 30);
    }

    private static async Task<bool> Says(TestNode node, string words) => node.Agent.IsRunning && await AutomaticCluster.Explain(node) is { } said
        && said.TryGetProperty("sync", out var sync) && sync.ValueKind == JsonValueKind.String && sync.GetString()!.Contains(words, StringComparison.Ordinal);

    private static string Only(TestNode standby) => $"""FIRST 1 ("{standby.Name}")""";

    private static Task<string> NamesOf(TestNode node) => node.Postgres.Ask<string>("SHOW synchronous_standby_names");

    internal static async Task Written(TestCluster cluster, TestNode node)
    {
        var before = cluster.Ledger.CountOn(node);
        await Wait.Until($"{node.Name} is written to", () => cluster.Ledger.CountOn(node) > before + 30, 40);
    }

    internal static async Task<bool> Accepts(TestNode node) => node.Postgres.IsRunning && await node.Postgres.Serves() && !await node.Postgres.Ask<bool>("SELECT pg_is_in_recovery()");

    private static async Task<bool> Follows(TestNode standby, TestNode primary)
    {
        try
        {
            return standby.Postgres.IsRunning && await standby.Postgres.StreamsFrom(primary.Postgres);
        }
        catch (Npgsql.NpgsqlException)
        {
            return false; // it starts, or ends
        }
    }
}
