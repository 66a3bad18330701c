namespace PgHa.Cluster.Tests.Failover;

/// <summary>With <c>failover.stay_without_etcd</c>: etcd is lost, and the primary serves on by the promise of all other nodes. Real servers, agents, guards and etcd.</summary>
public sealed class StayTests : ClusterTest
{
    private const string Set = "stay_without_etcd: true";

    [Fact]
    public async Task Without_etcd_the_primary_serves_on_while_all_others_promise_and_is_fenced_when_one_does_not()
    {
        await using var automatic = await AutomaticCluster.Running(Keep, more: Set);
        var cluster = automatic.Cluster;
        await cluster.Ledger.Insert(cluster.N1, 20);
        var server = cluster.N1.Postgres.Pid;
        foreach (var member in automatic.Etcd.Members.Take(2)) member.Freeze();
        await Serves(cluster, 3 * AutomaticCluster.D);
        Assert.Equal(server, cluster.N1.Postgres.Pid);
        Assert.Contains("by the promise of pg-node02, pg-node03", await Reason(cluster.N1), StringComparison.Ordinal);
        Assert.Contains("has promised pg-node01, which serves without etcd", await Reason(cluster.N2), StringComparison.Ordinal);

        // By no call, and with no force.
        foreach (var call in (string[])["instance/failover/promote?force=true", "node/promote?force=true"])
        {
            var refused = await cluster.N2.Api.Post(call);
            Assert.Equal(409, refused.Status);
            Assert.Contains("has promised pg-node01", refused.Message, StringComparison.Ordinal);
            Assert.Contains("bring etcd back", refused.Hint, StringComparison.Ordinal);
        }
        var exchanged = await cluster.N1.Api.Post("instance/switchover/masterSlave?to=pg-node02");
        Assert.Equal(409, exchanged.Status);
        Assert.Contains("has promised pg-node01", exchanged.Message, StringComparison.Ordinal);
        Assert.Equal(server, cluster.N1.Postgres.Pid);

        // One of them is gone: what it has promised holds, and is not renewed.
        await cluster.N3.Agent.Kill();
        var gone = DateTime.UtcNow;
        await Wait.Until("N1 is fenced", () => cluster.N1.Postgres.Processes.Count == 0, 15);
        var fenced = DateTime.UtcNow - gone;
        TestContext.Current.TestOutputHelper?.WriteLine($"fenced {fenced.TotalSeconds:0.00} s after one of the others was gone, with D {AutomaticCluster.D.TotalSeconds:0} s");
        Assert.True(fenced < AutomaticCluster.D, $"{fenced}"); // the others count longer
        Assert.True(await InRecovery(cluster.N2) && await InRecovery(cluster.N3));
        await Wait.Until("standby.signal is there", () => cluster.N1.Postgres.HasStandbySignal, 5);

        await cluster.N3.StartAgent();
        Assert.True(await InRecovery(cluster.N2) && await InRecovery(cluster.N3));
        await ComesBack(automatic);
        cluster.Ledger.Reigns();
    }

    [Fact]
    public async Task When_etcd_is_back_the_primary_goes_on_by_its_record_and_nobody_has_noticed()
    {
        await using var automatic = await AutomaticCluster.Running(Keep, more: Set);
        var cluster = automatic.Cluster;
        var server = cluster.N1.Postgres.Pid;
        for (var round = 0; round < 2; round++)
        {
            foreach (var member in automatic.Etcd.Members.Take(2)) member.Freeze();
            await Serves(cluster, 2 * AutomaticCluster.D);
            foreach (var member in automatic.Etcd.Members.Take(2)) member.Thaw();
            await Wait.Until("the record is renewed", async () => await Reason(cluster.N1) == "it holds the record, and serves", 20);
        }
        await Serves(cluster, 2 * AutomaticCluster.D); // every promise has lapsed
        Assert.Equal(server, cluster.N1.Postgres.Pid);
        Assert.Equal(1, await AutomaticCluster.Epoch(cluster.N1));
        Assert.All(cluster.Nodes.Skip(1), n => Assert.False(File.Exists(Promise(n))));
        await cluster.Play("POST N1 instance/switchover/masterSlave?by=promote&to=pg-node02 → slave, master, slave");
        await cluster.Ledger.AssertOnEveryRunningNode();
        cluster.Ledger.Reigns();
    }

    [Fact]
    public async Task A_node_without_the_setting_promises_nothing_and_says_so()
    {
        await using var automatic = await AutomaticCluster.Running(Keep, more: Set, prepare: node => node.Name == "pg-node03" ? node.ChangeAgentConfig(Set, "") : Task.CompletedTask);
        var cluster = automatic.Cluster;
        foreach (var member in automatic.Etcd.Members.Take(2)) member.Freeze();
        await Wait.Until("it says who does not promise", async () => (await Reason(cluster.N1)).Contains("pg-node03 promises nothing: failover.stay_without_etcd is not set there", StringComparison.Ordinal), 15);
        await Wait.Until("N1 is fenced", () => cluster.N1.Postgres.Processes.Count == 0, 15);
        await ComesBack(automatic);
    }

    /// <summary>The promise outlives the agent that gave it, also into manual mode.</summary>
    [Fact]
    public async Task An_agent_that_is_restarted_in_manual_mode_still_holds_to_what_it_has_promised()
    {
        await using var automatic = await AutomaticCluster.Running(Keep, TimeSpan.FromSeconds(40), more: Set);
        var cluster = automatic.Cluster;
        foreach (var member in automatic.Etcd.Members.Take(2)) member.Freeze();
        await Wait.Until("N1 serves by promise", () => File.Exists(Promise(cluster.N2)), 60);
        await cluster.N2.Agent.Kill();
        await cluster.N2.ChangeAgentConfig("mode: automatic", "mode: manual");
        await cluster.N2.StartAgent();
        await cluster.N1.Agent.Freeze();
        await cluster.N3.Agent.Kill();
        var refused = await cluster.N2.Api.Post("instance/failover/promote?force=true");
        Assert.NotEqual(200, refused.Status);
        Assert.Contains("has promised pg-node01", refused.Message, StringComparison.Ordinal);
        Assert.True(await InRecovery(cluster.N2));
        cluster.N1.Agent.Thaw();
        foreach (var member in automatic.Etcd.Members.Take(2)) member.Thaw();
    }

    private static string Promise(TestNode node) => node.In("state/promise.json");

    private static Task<bool> Accepts(TestNode node) => Seen.AcceptsWrites(node);

    private static async Task<bool> InRecovery(TestNode node) => await node.Postgres.Ask<bool>("SELECT pg_is_in_recovery()");

    private static async Task<string> Reason(TestNode node) => await AutomaticCluster.Explain(node) is { } said ? said.GetProperty("reason").GetString()! : "";

    /// <summary>Rows are acknowledged all the time, and no other node is writable.</summary>
    private static async Task Serves(TestCluster cluster, TimeSpan within)
    {
        for (var begun = DateTime.UtcNow; DateTime.UtcNow - begun < within;)
        {
            await cluster.Ledger.Insert(cluster.N1);
            Assert.True(await InRecovery(cluster.N2) && await InRecovery(cluster.N3));
            await Task.Delay(200, TestContext.Current.CancellationToken);
        }
    }

    private static async Task ComesBack(AutomaticCluster automatic)
    {
        var cluster = automatic.Cluster;
        foreach (var member in automatic.Etcd.Members.Take(2)) member.Thaw();
        await Wait.Until("a node serves", async () => (await Task.WhenAll(cluster.Nodes.Select(Accepts))).Count(serves => serves) == 1, 40);
        var primary = await cluster.Writable();
        await cluster.Ledger.Insert(primary);
        await Wait.Until("all follow", async () => (await Task.WhenAll(cluster.Nodes.Where(n => n != primary).Select(n => AutomaticCluster.Follows(n, primary)))).All(f => f), 40);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }
}
