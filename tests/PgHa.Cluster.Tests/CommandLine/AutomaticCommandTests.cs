using PgHa.Cluster.Tests.Failover;

namespace PgHa.Cluster.Tests.CommandLine;

/// <summary>The commands where failover is automatic.</summary>
public sealed class AutomaticCommandTests : ClusterTest
{
    [Fact, Trait("Category", "Long")]
    public async Task A_primary_is_restarted_in_place_with_the_record_and_its_slots()
    {
        await using var automatic = await AutomaticCluster.Running(Keep, prepare: node => node.AddToPostgresConf("wal_level = logical"));
        var cluster = automatic.Cluster;
        await cluster.N1.CreateSlot("sub");
        await cluster.Ledger.Insert(cluster.N1);
        await Wait.Until("pg-node02 has read the record", async () => await AutomaticCluster.Explain(cluster.N2) is { } said && said.TryGetProperty("holder", out var holder) && holder.GetString() == "pg-node01");
        var status = await Cli.On(cluster.N2, "status");
        Assert.StartsWith("pg-node01 is primary, 2 of 2 standbys stream, nothing needs a person\ncluster test, system SYSTEM, automatic failover, pg-node01 holds the record, epoch 1\n", status.Text, StringComparison.Ordinal);
        Assert.Contains("\nslots pg-node01: 2 for nodes, sub (logical, not in use", status.Text, StringComparison.Ordinal);

        var (pid, confirmed) = (cluster.N1.Postgres.Pid, await cluster.N1.Confirmed("sub"));
        var said = await Cli.On(cluster.N2, "restart", "pg-node01", "--yes");
        Assert.True(said.Code == 0, said.ToString());
        await AutomaticCluster.Holds(cluster.N1);
        Assert.NotEqual(pid, cluster.N1.Postgres.Pid);
        Assert.Equal(1, await cluster.N1.Postgres.Timeline());
        Assert.Equal(confirmed, await cluster.N1.Confirmed("sub"));
        await Wait.Until("the others follow", async () => await AutomaticCluster.Follows(cluster.N2, cluster.N1) && await AutomaticCluster.Follows(cluster.N3, cluster.N1), 20);
        await cluster.Ledger.AssertOnEveryRunningNode();

        Assert.Equal(0, (await Cli.On(cluster.N3, "pause", "pg-node03")).Code);
        await Wait.Until("the pause is shown", async () => (await Cli.On(cluster.N2, "status")).Text.Contains("\npaused automatic failover, for pg-node03: pgha resume pg-node03\n", StringComparison.Ordinal), 20);
        Assert.Equal(0, (await Cli.On(cluster.N3, "resume", "pg-node03")).Code);
        Assert.Contains("\nif pg-node01 died now: ", (await Cli.On(cluster.N2, "explain")).Text, StringComparison.Ordinal);
        Assert.Equal('[', (await Cli.On(cluster.N2, "history", "--json")).Output[0]);

        await AutomaticCluster.Lose(cluster.N1);
        await AutomaticCluster.Holds(await Successor(cluster), 60);
        var after = await Cli.On(cluster.N1, "status"); // its own agent is gone, too
        Assert.Contains("because the agent of pg-node01 at http://127.0.0.1:PORT/ does not answer: Connection refused", after.Text, StringComparison.Ordinal);
        Assert.Contains("\npg-node01 unknown not seen\n", after.Text, StringComparison.Ordinal);
    }

    [Fact, Trait("Category", "Long")]
    public async Task Settings_are_raised_and_lowered_while_failover_is_automatic()
    {
        await using var automatic = await AutomaticCluster.Running(Keep);
        var cluster = automatic.Cluster;
        await cluster.Ledger.Insert(cluster.N1);
        await Wait.Until("the others follow", async () => await AutomaticCluster.Follows(cluster.N2, cluster.N1) && await AutomaticCluster.Follows(cluster.N3, cluster.N1), 20);
        foreach (var value in (string[])["70", "45"])
        {
            await using (new WritingClients(cluster))
            {
                var set = await Cli.On(cluster.N3, "set", $"max_connections={value}", "--yes");
                Assert.True(set.Code == 0, set.ToString());
            }
            await AutomaticCluster.Holds(cluster.N1);
            foreach (var node in cluster.Nodes) Assert.Equal(value, await node.Postgres.Ask<string>("SHOW max_connections"));
            await cluster.Ledger.AssertOnEveryRunningNode();
        }
    }

    private static async Task<TestNode> Successor(TestCluster cluster)
    {
        TestNode? successor = null;
        await Wait.Until("another node serves", async () =>
        {
            foreach (var node in (TestNode[])[cluster.N2, cluster.N3])
                if (!await node.Postgres.Ask<bool>("SELECT pg_is_in_recovery()")) successor = node;
            return successor is not null;
        }, 60);
        return successor!;
    }
}
