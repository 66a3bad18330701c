namespace PgHa.Cluster.Tests.Safety;

/// <summary>After a crash of the primary its WAL, read from its files, is the proof: the standby gets what it misses before it is writable.</summary>
public sealed class UncleanStopTests : ClusterTest
{
    [Theory]
    [InlineData("restart", 1)]
    [InlineData("promote", 2)]
    public async Task A_failover_brings_over_all_that_the_killed_primary_had_acknowledged(string form, int timeline)
    {
        var cluster = await BothRunning();
        await cluster.Play("""
            DELETE N2 instance/current → single, inactive
            insert
            """);
        await cluster.N1.Postgres.KillAndWait();
        await cluster.Play($"""
            POST N2 instance/current         → inactive, recovery
            POST N2 instance/failover/{form} → inactive, single
            insert
            POST N1 instance/slave           → slave, master
            """);
        Assert.Equal(timeline, await cluster.N2.Postgres.Timeline());
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Fact]
    public async Task Where_the_WAL_of_the_killed_primary_cannot_be_read_a_failover_is_refused_and_promotion_needs_force()
    {
        var cluster = await PrimaryKilled();
        foreach (var segment in Directory.EnumerateFiles(cluster.N1.Postgres.InData("pg_wal")))
            File.Delete(segment);
        await cluster.AssertUnchanged(() => cluster.Play("""
            POST N2 instance/failover/restart             → refused 409, code 13
            POST N2 instance/failover/promote             → refused 409, code 13
            POST N2 node/promote                          → refused 409, code 13
            POST N2 instance/failover/restart?force=true  → refused 409, code 13
            """));
        await cluster.Play("POST N2 instance/failover/promote?force=true → inactive, single");
        Assert.Equal(2, await cluster.N2.Postgres.Timeline());
    }

    [Theory]
    [InlineData("instance/master")]
    [InlineData("instance/all")]
    public async Task A_standby_that_missed_rows_of_the_killed_primary_is_started_as_master_with_them_or_not_at_all(string path)
    {
        var cluster = await BothRunning();
        await cluster.Play("DELETE N2 instance/current → single, inactive");
        await cluster.Ledger.Insert(cluster.N1, 200);
        await cluster.N1.Postgres.KillAndWait();
        await cluster.WaitForStates("inactive", "inactive");
        var answer = await cluster.N2.Api.Post(path);
        if (answer.Status != 200)
        {
            answer.AssertRefused(409, 13);
            await cluster.Play("POST N1 instance/all → master, slave");
        }
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Fact]
    public async Task The_old_primary_may_simply_come_back()
    {
        var cluster = await PrimaryKilled();
        await cluster.Play("""
            POST N1 instance/current → eventually master, slave
            insert
            """);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Fact]
    public async Task With_the_standby_stopped_too_the_killed_primary_comes_back_by_POST_all()
    {
        var cluster = await PrimaryKilled();
        await cluster.Play("""
            DELETE N2 instance/current → inactive, inactive
            POST   N1 instance/all     → master, slave
            """);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    /// <summary>
    /// Fact 1: its control file does not know of the promotion yet, so that a start without standby.signal would leave all that came
    /// after it unread in its own pg_wal.
    /// </summary>
    [Fact]
    public async Task A_killed_standby_that_followed_a_promotion_becomes_master_with_what_came_after_it()
    {
        var cluster = await PrimaryStopped();
        await cluster.Play("""
            POST N2 instance/failover/promote  → inactive, single
            POST N1 instance/slave             → slave, master
            insert
            """);
        await cluster.Ledger.AssertOnEveryRunningNode();
        await cluster.N1.Postgres.KillAndWait();
        Assert.Equal("1", (await cluster.N1.Postgres.ControlData())["Min recovery ending loc's timeline"]);
        await cluster.N2.Postgres.Stop();
        await cluster.N2.Agent.Kill();
        await cluster.Play("POST N1 instance/master?force=true → single, unknown");
        await cluster.Ledger.AssertOnEveryRunningNode();
        Assert.Equal(2, await cluster.N1.Postgres.Timeline());
        await cluster.N2.StartAgent();
        await cluster.Play("POST N2 instance/slave?rejoin=reclone → master, slave");
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    private async Task<TestCluster> PrimaryKilled()
    {
        var cluster = await BothRunning();
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.N1.Postgres.KillAndWait();
        await cluster.WaitForStates("inactive", "recovery");
        return cluster;
    }
}
