namespace PgHa.Cluster.Tests.Failover;

/// <summary><c>failover.lag_limit</c>: the primary is lost while its standbys lack much of what it had acknowledged.</summary>
public sealed class LagLimitTests : ClusterTest
{
    private const long Limit = 1 << 20;

    [Fact, Trait("Category", "Long")]
    public async Task Standbys_that_lack_too_much_are_not_promoted_by_themselves_and_a_person_can_promote_one()
    {
        await using var automatic = await AutomaticCluster.Running(Keep, more: "lag_limit: 1MB");
        var cluster = automatic.Cluster;
        TestNode[] standbys = [cluster.N2, cluster.N3];
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.Ledger.AssertOnEveryRunningNode();
        await AutomaticCluster.Command(cluster.N1, "pause");
        await Wait.Until("the pause is seen", async () => (await Task.WhenAll(standbys.Select(AutomaticCluster.Explain))).All(e => e!.Value.GetProperty("paused").GetBoolean()), 10);
        foreach (var standby in standbys)
        {
            await standby.Postgres.Execute("ALTER SYSTEM SET primary_conninfo = ''");
            await standby.Postgres.Execute("SELECT pg_reload_conf()");
        }
        await Wait.Until("nobody streams", async () => await cluster.N1.Postgres.Ask<long>("SELECT count(*) FROM pg_stat_replication") == 0, 20);
        await cluster.N1.Postgres.Execute("CREATE TABLE much AS SELECT repeat('x', 1000) AS x FROM generate_series(1, 4000)");
        var written = await cluster.N1.Postgres.Ask<string>("SELECT pg_current_wal_flush_lsn()::text");
        await Wait.Until("the standbys have seen how far it is", async () => (await Task.WhenAll(standbys.Select(Acknowledged))).All(seen => seen is { } end && end >= At(written)), 20);
        await AutomaticCluster.Lose(cluster.N1);
        await cluster.N3.Agent.Kill(); // what was seen is known after a restart, too
        await cluster.N3.StartAgent();
        await AutomaticCluster.Command(cluster.N2, "resume");
        foreach (var standby in standbys)
            await Wait.Until($"{standby.Name} says why it waits", async () => await AutomaticCluster.Explain(standby) is { } said
                && said.GetProperty("row").GetInt32() == 13 && said.GetProperty("reason").GetString()!.Contains($"failover.lag_limit is {Limit}", StringComparison.Ordinal), 30);
        await Task.Delay(AutomaticCluster.D * 2, TestContext.Current.CancellationToken);
        Assert.All(await Task.WhenAll(standbys.Select(s => s.Postgres.Ask<bool>("SELECT pg_is_in_recovery()"))), Assert.True);
        Assert.Contains("POST instance/failover/promote?force=true on pg-node02", (await AutomaticCluster.Explain(cluster.N2))!.Value.GetProperty("hint").GetString(), StringComparison.Ordinal);
        var promoted = await cluster.N2.Api.Post("instance/failover/promote?force=true");
        Assert.True(promoted.Status == 200, promoted.ToString());
        await AutomaticCluster.Holds(cluster.N2);
        await Wait.Until("N3 follows", () => AutomaticCluster.Follows(cluster.N3, cluster.N2), 40);
        Assert.Equal(0, await cluster.N2.Postgres.Ask<long>("SELECT count(*) FROM pg_tables WHERE tablename = 'much'"));
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    private static async Task<ulong?> Acknowledged(TestNode node) =>
        (await node.Api.GetV2("node?fresh=true")).Field("failover") is { } failover && failover.TryGetProperty("acknowledged", out var seen) ? At(seen.GetProperty("end").GetString()!) : null;

    private static ulong At(string lsn) => PgHa.Formats.Lsn.Parse(lsn).Value;
}
