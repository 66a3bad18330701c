namespace PgHa.Cluster.Tests.Safety;

/// <summary>A standby that has received all, but not replayed it yet, loses none of it (fact 17).</summary>
public sealed class DelayedReplayTests : ClusterTest
{
    private static readonly string[] Ways =
    [
        "SELECT pg_wal_replay_pause()",
        "ALTER SYSTEM SET recovery_min_apply_delay = '1h'",
    ];

    public static TheoryData<string> Delays => [.. Ways];

    [Theory, MemberData(nameof(Delays))]
    public async Task A_switchover_replays_the_rest_first(string delay)
    {
        var cluster = await DelayedStandby(delay);
        await cluster.Play("POST N1 instance/switchover/masterSlave → slave, master");
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Theory, MemberData(nameof(Delays))]
    public async Task A_failover_by_promote_replays_the_rest_first(string delay)
    {
        var cluster = await DelayedStandby(delay);
        await cluster.Play("""
            DELETE N1 instance/current           → inactive, recovery
            POST   N2 instance/failover/promote  → inactive, single
            """);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Theory, MemberData(nameof(Delays))]
    public async Task A_failover_by_restart_replays_the_rest_first(string delay)
    {
        var cluster = await DelayedStandby(delay);
        await cluster.Play("""
            DELETE N1 instance/current           → inactive, recovery
            POST   N2 instance/failover/restart  → inactive, single
            """);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    private async Task<TestCluster> DelayedStandby(string delay)
    {
        var cluster = await BothRunning();
        await cluster.N2.Postgres.Execute(delay);
        await cluster.N2.Postgres.Execute("SELECT pg_reload_conf()");
        await cluster.Ledger.Insert(cluster.N1);
        return cluster;
    }
}
