using System.Text.Json;

namespace PgHa.Cluster.Tests.Safety;

/// <summary>A node that went its own way is salvaged, and follows again.</summary>
public sealed class RejoinTests : ClusterTest
{
    [Theory]
    [InlineData("rewind"), InlineData("reclone")]
    public async Task A_former_primary_that_wrote_on_past_a_promotion_rejoins_after_its_WAL_was_salvaged(string form)
    {
        var cluster = await PartedByPromotion(crashed: false);
        var own = File.ReadAllText(cluster.N1.Postgres.InData("postgresql.conf"));
        await cluster.Play($"POST N1 instance/slave?rejoin={form} → slave, master");
        await FollowsAgain(cluster);
        Assert.Equal(own, File.ReadAllText(cluster.N1.Postgres.InData("postgresql.conf")));
        var report = await TheSalvageOf(cluster.N1);
        Assert.Equal(3, report.GetProperty("commit_count").GetInt32());
        Assert.All(report.GetProperty("commits").EnumerateArray(), commit =>
            Assert.Contains(commit.GetProperty("relations").EnumerateArray(), r => r.TryGetProperty("name", out var name) && name.GetString() == "postgres: public.ledger"));
        Assert.False(Directory.Exists(cluster.N1.Postgres.DataDirectory + ".pgha-old"));
    }

    [Fact]
    public async Task A_crashed_former_primary_is_recovered_and_rewound()
    {
        var cluster = await PartedByPromotion(crashed: true);
        await cluster.Play("POST N1 instance/slave?rejoin=rewind → slave, master");
        await FollowsAgain(cluster);
    }

    [Fact]
    public async Task A_fork_on_one_timeline_is_beyond_rewind_but_not_beyond_reclone()
    {
        var cluster = await PartedOnOneTimeline();
        await cluster.AssertUnchanged(() => cluster.Play("POST N2 instance/slave?rejoin=rewind → refused 409, code 13"));
        await cluster.Play("POST N2 instance/slave?rejoin=reclone → master, slave");
        await FollowsAgain(cluster);
        Assert.True((await TheSalvageOf(cluster.N2)).GetProperty("commit_count").GetInt32() > 0);
    }

    /// <summary>pg_rewind would look for the fork where the histories part, later than where the WAL does, and keep what was written in between.</summary>
    [Fact]
    public async Task A_fork_before_the_switch_to_another_timeline_is_beyond_rewind()
    {
        var cluster = Keep(await TestCluster.AllRunning(2, c => Task.WhenAll(c.Nodes.Select(n => n.AddToPostgresConf("wal_log_hints = on")))));
        await cluster.Play("DELETE N2 instance/current → single, inactive");
        await cluster.N2.Postgres.WriteAlone();
        await cluster.Ledger.Insert(cluster.N1, 20);
        await cluster.N1.Postgres.Stop();
        await AsPostgres.Run("/usr/bin/touch", cluster.N1.Postgres.InData("standby.signal"));
        await cluster.N1.Postgres.Start();
        await cluster.N1.Postgres.Promote();
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.WaitForStates("single", "inactive");
        await cluster.AssertUnchanged(() => cluster.Play("POST N2 instance/slave?rejoin=rewind → refused 409, code 13"));
        await cluster.Play("POST N2 instance/slave?rejoin=reclone → master, slave");
        await FollowsAgain(cluster);
    }

    [Fact]
    public async Task A_diverged_node_that_runs_in_recovery_is_stopped_first()
    {
        var cluster = await PartedByPromotion(crashed: false);
        await AsPostgres.Run("/usr/bin/touch", cluster.N1.Postgres.InData("standby.signal"));
        await cluster.N1.Postgres.Start();
        await cluster.WaitForStates("recovery", "single");
        await cluster.Play("POST N1 instance/slave?rejoin=rewind → slave, master");
        await FollowsAgain(cluster);
    }

    [Fact]
    public async Task Where_nothing_is_lost_rejoin_only_joins()
    {
        var cluster = await BothRunning();
        await cluster.Play("""
            DELETE N2 instance/current                  → single, inactive
            insert
            POST   N2 instance/slave?rejoin=reclone     → master, slave
            POST   N2 instance/slave?rejoin=rewind      → master, slave
            """);
        Assert.Empty(await SalvagesOf(cluster.N2));
        await FollowsAgain(cluster);
    }

    [Fact]
    public async Task Without_checksums_and_hints_a_rewind_is_refused_before_anything_stops()
    {
        var cluster = await BothRunning();
        await Part(cluster, crashed: false);
        await cluster.AssertUnchanged(() => cluster.Play("POST N1 instance/slave?rejoin=rewind → refused 409, code 7"));
    }

    private async Task<TestCluster> PartedByPromotion(bool crashed)
    {
        var cluster = Keep(await TestCluster.AllRunning(2, c => Task.WhenAll(c.Nodes.Select(n => n.AddToPostgresConf("wal_log_hints = on")))));
        await Part(cluster, crashed);
        return cluster;
    }

    /// <summary>N1 is cut off, N2 is promoted by hand, both write.</summary>
    private static async Task Part(TestCluster cluster, bool crashed)
    {
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.N1.Postgres.Stop();
        await cluster.N2.Postgres.Promote();
        await cluster.N2.Postgres.Stop();
        await cluster.N1.Postgres.Start();
        for (var i = 0; i < 3; i++)
            await cluster.N1.Postgres.Execute($"INSERT INTO ledger VALUES ({100_000 + i}, 'lost')");
        await (crashed ? cluster.N1.Postgres.KillAndWait() : cluster.N1.Postgres.Stop());
        await cluster.N2.Postgres.Start();
        await cluster.Ledger.Insert(cluster.N2);
        await cluster.WaitForStates("inactive", "single");
    }

    private async Task<TestCluster> PartedOnOneTimeline()
    {
        var cluster = await PrimaryStopped();
        await cluster.Play("POST N2 instance/failover/restart → inactive, single");
        await cluster.N2.Postgres.Execute("INSERT INTO ledger VALUES (100000, 'lost')");
        await cluster.N2.Postgres.Stop();
        await cluster.N1.Postgres.StartAsPrimary();
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.WaitForStates("single", "inactive");
        return cluster;
    }

    /// <summary>It streams, and what is written on the primary arrives.</summary>
    private static async Task FollowsAgain(TestCluster cluster)
    {
        await cluster.Ledger.Insert(await cluster.Writable());
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    private static async Task<JsonElement[]> SalvagesOf(TestNode node) => [.. JsonSerializer.Deserialize<JsonElement>((await node.Api.Get("salvage")).Body).EnumerateArray()];

    private static async Task<JsonElement> TheSalvageOf(TestNode node)
    {
        var id = Assert.Single(await SalvagesOf(node)).GetProperty("id").GetString();
        var report = JsonSerializer.Deserialize<JsonElement>((await node.Api.Get($"salvage/{id}")).Body);
        var folder = Path.Combine(node.In("state"), "salvage", id!);
        Assert.All(report.GetProperty("files").EnumerateArray(), file => Assert.True(File.Exists(Path.Combine(folder, file.GetString()!))));
        Assert.Contains("commits that are lost", await File.ReadAllTextAsync(Path.Combine(folder, "report.txt"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        return report;
    }
}
