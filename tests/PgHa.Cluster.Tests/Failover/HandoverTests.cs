namespace PgHa.Cluster.Tests.Failover;

/// <summary>The machine of the primary goes down in an orderly way: systemd stops the unit that calls <c>pgha handover --if-shutdown</c>.</summary>
public sealed class HandoverTests : ClusterTest
{
    /// <summary>Nobody could take the place by waiting meanwhile.</summary>
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task The_place_is_handed_over_when_the_machine_goes_down_and_not_when_only_the_unit_is_stopped()
    {
        await using var automatic = await AutomaticCluster.Running(Keep, Long);
        var cluster = automatic.Cluster;
        Assert.Contains("is not going down, as far as systemd says (running)", await HandOver(cluster.N1, "echo running"), StringComparison.Ordinal);
        Assert.Contains("is not going down, as far as systemd says (offline)", await HandOver(cluster.N1, "echo offline; exit 1"), StringComparison.Ordinal);
        await AutomaticCluster.Holds(cluster.N1);
        Assert.Equal(1, await AutomaticCluster.Epoch(cluster.N1));
        await using (new WritingClients(cluster))
        {
            await Wait.Until("rows are written", () => cluster.Ledger.CountOn(cluster.N1) > 20);
            Assert.Contains("has handed its place over", await HandOver(cluster.N1, "echo stopping; exit 1"), StringComparison.Ordinal);
            await Wait.Until("rows are written again", () => cluster.Ledger.Count > cluster.Ledger.CountOn(cluster.N1) + 20);
        }
        var primary = await cluster.Writable();
        Assert.NotEqual(cluster.N1, primary);
        TestContext.Current.TestOutputHelper?.WriteLine($"writes were interrupted for {cluster.Ledger.Interruption(cluster.N1, primary).TotalMilliseconds:0} ms");
        await AutomaticCluster.Holds(primary);
        await Wait.Until("N1 follows", () => AutomaticCluster.Follows(cluster.N1, primary), 20);
        Assert.Contains("its machine is going down", (await cluster.N1.Api.GetV2("node?fresh=true")).Field("failover")!.Value.GetProperty("not_eligible").GetString(), StringComparison.Ordinal);
        Assert.Contains("does not hold the record", await HandOver(cluster.N1, "echo stopping; exit 1"), StringComparison.Ordinal);
        await cluster.Ledger.AssertOnEveryRunningNode();
        cluster.Ledger.Reigns();
    }

    [Fact, Trait("Category", "Long")]
    public async Task Where_no_standby_can_take_it_the_server_is_shut_down_and_the_record_given_up_so_that_nobody_waits()
    {
        await using var automatic = await AutomaticCluster.Running(Keep, Long);
        var cluster = automatic.Cluster;
        await cluster.Ledger.Insert(cluster.N1);
        foreach (var name in (string[])["pg-node02", "pg-node03"])
            await AutomaticCluster.Command(cluster.N1, "pause", name);
        foreach (var node in (TestNode[])[cluster.N2, cluster.N3])
            await Wait.Until($"{node.Name} knows that it is paused", async () => (await AutomaticCluster.PausedNodes(node)).Count == 2, 10);
        Assert.Contains("no standby could take its place: the server of pg-node01 was shut down and the record given up", await HandOver(cluster.N1, "echo stopping; exit 1"), StringComparison.Ordinal);
        Assert.False(cluster.N1.Postgres.IsRunning);
        Assert.Equal("shut down", await cluster.N1.Postgres.ControlState());
        Assert.True(cluster.N1.Postgres.HasStandbySignal);
        await AutomaticCluster.Command(cluster.N1, "resume", "pg-node02");
        var took = await AutomaticCluster.Holds(cluster.N2);
        Assert.True(took < Long / 2, $"it took {took}");
        await cluster.N1.Agent.Stop();
        await cluster.N1.StartAgent();
        await Wait.Until("N1 follows after its machine is back", () => AutomaticCluster.Follows(cluster.N1, cluster.N2), 40);
        await cluster.Ledger.AssertOnEveryRunningNode();
        cluster.Ledger.Reigns();
    }

    [Fact, Trait("Category", "Long")]
    public async Task While_it_is_paused_nothing_is_handed_over()
    {
        await using var automatic = await AutomaticCluster.Running(Keep);
        var cluster = automatic.Cluster;
        await AutomaticCluster.Command(cluster.N1, "pause");
        await Wait.Until("the pause is seen", async () => (await AutomaticCluster.Explain(cluster.N1))!.Value.GetProperty("paused").GetBoolean(), 10);
        Assert.Contains("automatic failover is paused", await HandOver(cluster.N1, "echo stopping; exit 1"), StringComparison.Ordinal);
        await AutomaticCluster.Holds(cluster.N1);
        Assert.Equal(1, await AutomaticCluster.Epoch(cluster.N1));
    }

    /// <summary>As the unit calls it, with a systemctl that says something else.</summary>
    private static async Task<string> HandOver(TestNode node, string systemctl)
    {
        var folder = node.In("bin");
        Directory.CreateDirectory(folder);
        var program = Path.Combine(folder, "systemctl");
        await File.WriteAllTextAsync(program, $"#!/bin/sh\n[ \"$*\" = is-system-running ] || exit 9\n{systemctl}\n", TestContext.Current.CancellationToken);
        File.SetUnixFileMode(program, (UnixFileMode)0b111_101_101);
        return await AsPostgres.Run("/usr/bin/env", $"PATH={folder}:/usr/bin:/bin", AgentProcess.Binary, "handover", "--if-shutdown", "--config", node.Agent.ConfigFile);
    }
}
