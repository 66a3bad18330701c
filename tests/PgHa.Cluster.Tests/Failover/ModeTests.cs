namespace PgHa.Cluster.Tests.Failover;

/// <summary>From automatic mode to manual mode and back, while PostgreSQL runs on.</summary>
public sealed class ModeTests : ClusterTest
{
    [Fact]
    public async Task The_servers_run_on_from_automatic_to_manual_mode_and_back()
    {
        await using var automatic = await AutomaticCluster.Running(Keep);
        var cluster = automatic.Cluster;
        var before = cluster.Nodes.Select(n => n.Postgres.Pid).ToArray();
        await cluster.Ledger.Insert(cluster.N1);
        Assert.Contains("the record is ended", await AutomaticCluster.Command(cluster.N2, "manual"), StringComparison.Ordinal); // whichever node is asked
        await Wait.Until("another node has seen it", async () => (await AutomaticCluster.Command(cluster.N3, "explain")).Contains("no node holds the record: pg-node01 has ended it for manual mode (epoch 1)", StringComparison.Ordinal), 5);
        await Task.Delay(AutomaticCluster.D * 2, TestContext.Current.CancellationToken); // any deadline would have passed
        await Unchanged(cluster, before, cluster.N1);

        await Restart(cluster, "mode: automatic", "mode: manual");
        (await cluster.N1.Api.GetV2("cluster/explain")).AssertRefused(409, 7);
        await Wait.Until("no guard is left", () => AutomaticCluster.Guards(cluster.N1).Length == 0, 30);
        await Unchanged(cluster, before, cluster.N1);
        await cluster.Play("POST N1 instance/switchover/masterSlave?by=promote&to=pg-node02 → slave, master, slave");
        await cluster.Ledger.Insert(cluster.N2);

        before = [.. cluster.Nodes.Select(n => n.Postgres.Pid)];
        await Restart(cluster, "mode: manual", "mode: automatic");
        await Task.Delay(AutomaticCluster.D * 1.5, TestContext.Current.CancellationToken); // a writable server without the record would have been killed
        await Unchanged(cluster, before, cluster.N2);
        await Wait.Until("all agents have looked", async () => (await cluster.N3.Api.GetV2("cluster")).Body.Split("\"failover\":").Length == 4, 20);
        await AutomaticCluster.Command(cluster.N3, "automatic");
        await AutomaticCluster.Holds(cluster.N2);
        await Wait.Until("its turn is known", async () => await AutomaticCluster.Epoch(cluster.N2) == 2, 5);
        await Task.Delay(AutomaticCluster.D * 1.5, TestContext.Current.CancellationToken);
        await Unchanged(cluster, before, cluster.N2);

        await AutomaticCluster.Lose(cluster.N2);
        await Wait.Until("another node serves", async () => await Accepts(cluster.N1) || await Accepts(cluster.N3), 30);
        await cluster.Ledger.AssertOnEveryRunningNode();
        cluster.Ledger.Reigns();
    }

    [Fact, Trait("Category", "Long")]
    public async Task After_the_call_nobody_takes_the_record_until_the_opposite_is_called_and_calls_work_as_in_manual_mode()
    {
        await using var automatic = await AutomaticCluster.Running(Keep);
        var cluster = automatic.Cluster;
        await cluster.Ledger.Insert(cluster.N1);
        var elsewhere = await cluster.N2.Api.PostV2("cluster/manual");
        elsewhere.AssertRefused(409, 7);
        Assert.Contains("POST v2/cluster/manual on pg-node01", elsewhere.Hint, StringComparison.Ordinal);
        for (var i = 0; i < 2; i++)
            Assert.Equal(204, (await cluster.N1.Api.PostV2("cluster/manual")).Status);
        await cluster.N1.Postgres.KillAndWait();
        await Task.Delay(AutomaticCluster.D * 2.5, TestContext.Current.CancellationToken); // in automatic mode another node would serve
        Assert.False(cluster.N1.Postgres.IsRunning);
        Assert.True(await InRecovery(cluster.N2) && await InRecovery(cluster.N3));
        Assert.Equal(11, (await AutomaticCluster.Explain(cluster.N2))!.Value.GetProperty("row").GetInt32());
        await cluster.Play("POST N1 instance/all → master, slave, slave");
        await cluster.Play("POST N1 instance/switchover/masterSlave?by=promote&to=pg-node03 → slave, slave, master");
        await cluster.N2.Agent.Stop();
        (await cluster.N1.Api.PostV2("cluster/automatic")).AssertRefused(502, 10); // its server could be made writable by hand
        await cluster.N2.StartAgent();
        await Wait.Until("the agent of N2 has looked", async () => (await cluster.N1.Api.PostV2("cluster/automatic")).Status == 204, 20);
        await AutomaticCluster.Holds(cluster.N3);
        await cluster.Ledger.Insert(cluster.N3);
        await cluster.Ledger.AssertOnEveryRunningNode();
        cluster.Ledger.Reigns();
    }

    [Fact, Trait("Category", "Long")]
    public async Task With_no_primary_there_is_a_way_back_to_automatic_mode()
    {
        await using var automatic = await AutomaticCluster.Running(Keep);
        var cluster = automatic.Cluster;
        await cluster.Ledger.Insert(cluster.N1);
        await AutomaticCluster.Command(cluster.N1, "manual");
        await cluster.Play("DELETE N1 instance/all → inactive, inactive, inactive");
        await AutomaticCluster.Command(cluster.N1, "automatic");
        await Wait.Until("N1 says what to do", async () => (await AutomaticCluster.Explain(cluster.N1))!.Value is var said && said.GetProperty("row").GetInt32() == 11
            && said.GetProperty("hint").GetString()!.Contains("POST instance/master on the node that was primary last", StringComparison.Ordinal), 10);
        Assert.Equal(200, (await cluster.N1.Api.Post("instance/master")).Status);
        await AutomaticCluster.Holds(cluster.N1);
        await Wait.Until("its turn is known", async () => await AutomaticCluster.Epoch(cluster.N1) == 2, 5);
        await cluster.Ledger.Insert(cluster.N1);
    }

    /// <summary>Whoever only changes the configuration is told, and the guard does its work.</summary>
    [Fact, Trait("Category", "Long")]
    public async Task An_agent_in_manual_mode_says_that_a_guard_is_still_on_duty()
    {
        await using var automatic = await AutomaticCluster.Running(Keep, TimeSpan.FromSeconds(12));
        var cluster = automatic.Cluster;
        await cluster.N1.Agent.Stop();
        await cluster.N1.ChangeAgentConfig("mode: automatic", "mode: manual");
        await cluster.N1.StartAgent();
        await Wait.Until("it is said", () => File.ReadAllText(cluster.N1.Agent.LogFile).Contains("still holds the record of automatic mode: its guard kills the server in", StringComparison.Ordinal), 5);
        await Wait.Until("N1 is fenced", () => cluster.N1.Postgres.Processes.Count == 0, 20);
        await Wait.Until("another node serves", async () => await Accepts(cluster.N2) || await Accepts(cluster.N3), 30);
    }

    /// <summary>One agent is restarted, the others begin anew in their processes.</summary>
    private static async Task Restart(TestCluster cluster, string what, string to)
    {
        await cluster.N3.Agent.Stop();
        await cluster.N3.ChangeAgentConfig(what, to);
        await cluster.N3.StartAgent();
        foreach (var node in (TestNode[])[cluster.N2, cluster.N1])
        {
            var pid = node.Agent.Pid;
            await node.ChangeAgentConfig(what, to);
            Assert.Contains("failover.mode has changed: its agent begins anew", await AutomaticCluster.Command(node, "reload-config", node.Name), StringComparison.Ordinal);
            Assert.Equal(pid, node.Agent.Pid);
        }
    }

    private static async Task Unchanged(TestCluster cluster, int?[] before, TestNode primary)
    {
        Assert.Equal(before, cluster.Nodes.Select(n => n.Postgres.Pid));
        await cluster.Ledger.Insert(primary);
        await cluster.WaitForStates([.. cluster.Nodes.Select(n => n == primary ? "master" : "slave")]);
    }

    private static async Task<bool> Accepts(TestNode node) => node.Postgres.IsRunning && await node.Postgres.Serves() && !await InRecovery(node);

    private static async Task<bool> InRecovery(TestNode node) => await node.Postgres.Ask<bool>("SELECT pg_is_in_recovery()");
}
