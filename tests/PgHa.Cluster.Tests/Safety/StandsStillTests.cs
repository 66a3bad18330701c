namespace PgHa.Cluster.Tests.Safety;

/// <summary>
/// A standby that streams and does not replay. With a limit lower than its primary's it never will again in this server (fact 50), and it is
/// shown as slave all the same.
/// </summary>
public sealed class StandsStillTests : ClusterTest
{
    private static readonly string[] Forms = ["instance/switchover/masterSlave", "instance/switchover/slaveMaster", "instance/switchover/masterSlave?by=promote"];

    [Fact]
    public Task A_standby_with_a_limit_below_its_masters_is_shown_and_takes_over_only_when_it_was_raised() => TakesOverWhenRaised("max_connections", 60);

    [Theory, Trait("Category", "Long")]
    [InlineData("max_locks_per_transaction", 100)]
    [InlineData("max_wal_senders", 12)]
    [InlineData("max_worker_processes", 20)]
    [InlineData("max_prepared_transactions", 5)]
    public async Task So_does_one_with_another_limit(string limit, int value) => await TakesOverWhenRaised(limit, value);

    private async Task TakesOverWhenRaised(string limit, int value)
    {
        var cluster = await StandsStill(limit, value);
        Assert.Contains($"{limit} is ", await Problem(cluster.N2), StringComparison.Ordinal);
        await cluster.AssertUnchanged(async () =>
        {
            foreach (var form in Forms.SelectMany(f => new[] { f, f + (f.Contains('?', StringComparison.Ordinal) ? "&" : "?") + "dryRun=true" }))
            {
                var refused = await cluster.N1.Api.Post(form);
                refused.AssertRefused(409, 7);
                Assert.Contains($"{limit} to at least {value} in the configuration of pg-node02", refused.Hint, StringComparison.Ordinal);
            }
        });
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.N2.AddToPostgresConf($"{limit} = {value}"); // the hint is followed
        await cluster.Play("""
            DELETE N2 instance/current                          → single, inactive
            POST   N2 instance/current                          → master, slave
            """);
        Assert.Equal("", await Problem(cluster.N2));
        await cluster.Play("POST N1 instance/switchover/masterSlave?by=promote → slave, master");
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    /// <summary>It does not obey a promotion before it was started anew: the failover does that, if its files let it.</summary>
    [Fact]
    public async Task A_failover_to_it_is_refused_until_its_limit_was_raised_and_then_loses_nothing()
    {
        var cluster = await StandsStill("max_connections", 60);
        await cluster.N1.Postgres.Stop();
        await cluster.WaitForStates("inactive", "recovery");
        await cluster.AssertUnchanged(async () =>
        {
            var refused = await cluster.N2.Api.Post("instance/failover/promote");
            refused.AssertRefused(409, 7);
            Assert.Contains("set max_connections to at least 60 on pg-node02", refused.Hint, StringComparison.Ordinal);
        });
        await cluster.N2.AddToPostgresConf("max_connections = 60");
        await cluster.Play("""
            POST N2 instance/failover/promote → inactive, single
            insert
            POST N1 instance/slave            → slave, master
            """);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Fact]
    public async Task A_paused_replay_is_shown_and_not_promoted_before_it_goes_on()
    {
        var cluster = await BothRunning();
        await cluster.N2.Postgres.Execute("SELECT pg_wal_replay_pause()");
        await cluster.Ledger.Insert(cluster.N1);
        await Wait.Until("it is shown", async () => await Problem(cluster.N2) == "its replay is paused");
        Assert.Contains("warn  pg-node02: it streams, but its replay is paused", await AsPostgres.Run(AgentProcess.Binary, "config", "check", "--peers", "--config", cluster.N1.Agent.ConfigFile), StringComparison.Ordinal);
        foreach (var dry in new[] { "", "&dryRun=true" })
        {
            var refused = await cluster.N1.Api.Post("instance/switchover/masterSlave?by=promote" + dry);
            refused.AssertRefused(409, 7);
            Assert.Contains("pg_wal_replay_resume() on pg-node02", refused.Hint, StringComparison.Ordinal);
        }
        await cluster.N2.Postgres.Execute("SELECT pg_wal_replay_resume()");
        await cluster.Play("POST N1 instance/switchover/masterSlave?by=promote → slave, master");
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    /// <summary>The master was started anew with a higher limit, by hand.</summary>
    private async Task<TestCluster> StandsStill(string limit, int value)
    {
        var cluster = await BothRunning();
        await cluster.N2.Postgres.Execute("ALTER SYSTEM SET wal_retrieve_retry_interval = '50ms'"); // it comes back at once
        await cluster.N2.Postgres.Execute("SELECT pg_reload_conf()");
        await cluster.N1.AddToPostgresConf($"{limit} = {value}");
        await cluster.N1.Postgres.Stop();
        await cluster.N1.Postgres.Start();
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.WaitForStates("master", "slave");
        await Wait.Until("it is seen that the standby replays nothing more", async () => (await Problem(cluster.N2)).Contains("stands still for good", StringComparison.Ordinal));
        return cluster;
    }

    private static async Task<string> Problem(TestNode node)
    {
        using var facts = System.Text.Json.JsonDocument.Parse((await node.Api.GetV2("node?fresh=true")).Body);
        return facts.RootElement.TryGetProperty("replay_problem", out var problem) ? problem.GetString() ?? "" : "";
    }
}
