namespace PgHa.Cluster.Tests.ThreeNodes;

internal static class LaggingStandby
{
    /// <summary>From here on this standby receives nothing more.</summary>
    public static async Task CutOff(this TestCluster cluster, TestNode standby)
    {
        await standby.Postgres.Execute($"ALTER SYSTEM SET primary_conninfo = 'host={cluster.N1.Address} port=1'");
        await standby.Postgres.Execute("SELECT pg_reload_conf()");
        await Wait.Until($"{standby.Name} is cut off", async () => !await standby.Postgres.StreamsFrom(cluster.N1.Postgres));
    }

    /// <summary>Rows that one standby has received and the other, cut off, has not.</summary>
    public static async Task OnlyOneReceives(this TestCluster cluster, TestNode ahead, TestNode behind)
    {
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.CutOff(behind);
        await cluster.Ledger.Insert(cluster.N1, 100);
        var written = await cluster.N1.Postgres.Ask<string>("SELECT pg_current_wal_flush_lsn()::text");
        await Wait.Until($"{ahead.Name} has received all", () => Received(ahead, written));
        Assert.False(await Received(behind, written));
    }

    private static Task<bool> Received(TestNode node, string lsn) =>
        node.Postgres.Ask<bool>($"SELECT greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) >= '{lsn}'");
}
