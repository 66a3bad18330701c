namespace PgHa.Cluster.Tests.Safety;

/// <summary>Who replicates synchronously does so after a role change, too, and nobody waits for a node that cannot come (fact 21).</summary>
public sealed class SynchronousTests : ClusterTest
{
    [Theory]
    [InlineData("masterSlave")]
    [InlineData("masterSlave?by=promote")]
    public async Task A_switchover_turns_the_setting_round_and_loses_nothing(string how)
    {
        var cluster = await BothRunning();
        await SetNames(cluster.N1, """FIRST 1 ("pg-node02")""");
        await using (new WritingClients(cluster))
        {
            await Written(cluster, cluster.N1);
            await cluster.Play($"POST N1 instance/switchover/{how} → slave, master");
            Assert.Equal("""FIRST 1 ("pg-node01")""", await NamesOf(cluster.N2));
            await Written(cluster, cluster.N2);
            await cluster.Play($"POST N1 instance/switchover/{how} → master, slave");
            Assert.Equal("""FIRST 1 ("pg-node02")""", await NamesOf(cluster.N1));
            await Written(cluster, cluster.N1);
        }
        Assert.Equal("sync", await cluster.N1.Postgres.Ask<string>("SELECT sync_state FROM pg_stat_replication"));
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Theory]
    [Trait("Category", "Long")]
    [InlineData("restart")]
    [InlineData("promote")]
    public async Task A_failover_with_two_nodes_does_not_wait_for_the_dead_one_until_it_is_back(string how)
    {
        var cluster = await BothRunning();
        await SetNames(cluster.N1, "\"pg-node02\"");
        await Remembered(cluster.N2, "\"pg-node02\"");
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.Play($"""
            DELETE N1 instance/current → inactive, recovery
            POST N2 instance/failover/{how} → inactive, single
            insert
            POST N1 instance/slave → slave, master
            """);
        await Wait.Until("it is synchronous again", async () => await NamesOf(cluster.N2) == """FIRST 1 ("pg-node01")""", 30);
        await cluster.Ledger.Insert(cluster.N2);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Fact]
    [Trait("Category", "Long")]
    public async Task A_failover_with_three_nodes_stays_synchronous()
    {
        var cluster = await ThreeRunning();
        await SetNames(cluster.N1, """ANY 1 ("pg-node02", "pg-node03")""");
        await Remembered(cluster.N2, """ANY 1 ("pg-node02", "pg-node03")""");
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.Play("""
            DELETE N1 instance/current → inactive, recovery, recovery
            POST N2 instance/failover/promote → inactive, master, slave
            insert
            """);
        Assert.Equal("""ANY 1 ("pg-node01", "pg-node03")""", await NamesOf(cluster.N2));
        await cluster.Play("POST N1 instance/slave → slave, master, slave");
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    private static async Task SetNames(TestNode node, string names)
    {
        await node.Postgres.Execute($"ALTER SYSTEM SET synchronous_standby_names = '{names}'");
        await node.Postgres.Execute("SELECT pg_reload_conf()");
        await Wait.Until("it is in force", async () => await NamesOf(node) == names);
    }

    private static Task Remembered(TestNode node, string names) => Wait.Until($"{node.Name} knows it", async () =>
        (await node.Api.GetV2("node")).Field("primary_sync") is { } known && known.GetProperty("names").GetString() == names, 30);

    private static Task<string> NamesOf(TestNode node) => node.Postgres.Ask<string>("SHOW synchronous_standby_names");

    private static async Task Written(TestCluster cluster, TestNode node)
    {
        var before = cluster.Ledger.CountOn(node);
        await Wait.Until($"{node.Name} is written to", () => cluster.Ledger.CountOn(node) > before + 30);
    }
}
