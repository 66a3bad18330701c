namespace PgHa.Cluster.Tests.Trouble;

/// <summary>What an operator does to PostgreSQL by hand is seen, not assumed.</summary>
public sealed class BehindTheBackTests : ClusterTest
{
    [Fact]
    public async Task Stops_and_starts_by_hand_are_seen_at_once()
    {
        var cluster = await BothRunning();
        await cluster.N2.Postgres.Stop();
        await SeenWithinASecond(cluster, "single", "inactive");
        await cluster.N1.Postgres.Stop();
        await SeenWithinASecond(cluster, "inactive", "inactive");
        await cluster.N2.Postgres.Start();
        await SeenWithinASecond(cluster, "inactive", "recovery");
        await cluster.N2.Postgres.Stop("immediate");
        await cluster.N1.Postgres.Start();
        await SeenWithinASecond(cluster, "single", "inactive");
        await cluster.Play("POST N2 instance/slave → master, slave");
    }

    [Fact]
    public async Task A_promotion_by_hand_is_seen_at_once()
    {
        var cluster = await PrimaryStopped();
        await cluster.N2.Postgres.Promote();
        await SeenWithinASecond(cluster, "inactive", "single");
        await cluster.Play("POST N1 instance/slave → slave, master");
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Fact]
    public async Task Two_writable_nodes_made_by_hand_are_shown_and_only_a_stop_is_allowed()
    {
        var cluster = await BothRunning();
        await cluster.N2.Postgres.Promote();
        await SeenWithinASecond(cluster, "single", "single");
        await cluster.N2.Postgres.Execute("CHECKPOINT"); // else the one after the promotion is seen as a change
        await cluster.AssertUnchanged(() => cluster.Play("""
            POST N1 instance/master                  → refused 409, code 6
            POST N1 instance/current                 → refused 409, code 6
            POST N1 instance/all                     → refused 409, code 6
            POST N2 instance/failover/promote        → refused 409, code 6
            POST N1 instance/switchover/masterSlave  → refused 409, code 6
            """));
        await cluster.Play("DELETE N2 instance/current → single, inactive");
    }

    [Fact]
    public async Task A_stop_by_hand_during_a_start_of_the_pair_does_not_confuse_the_states()
    {
        var cluster = await BothStopped();
        await cluster.N1.Postgres.Start();
        await cluster.Play("POST N1 instance/all → master, slave");
        await cluster.N1.Postgres.Stop("immediate");
        await SeenWithinASecond(cluster, "inactive", "recovery");
        await cluster.N1.Postgres.Start();
        await cluster.WaitForStates("master", "slave");
    }

    private static async Task SeenWithinASecond(TestCluster cluster, params string[] states) =>
        Assert.InRange((await cluster.WaitForStates(states)).TotalSeconds, 0, 1);
}
