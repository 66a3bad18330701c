namespace PgHa.Cluster.Tests.Safety;

/// <summary>
/// A primary whose place is to be taken has standby.signal before it is stopped. Where its place is not taken it loses it again, and as long as
/// it runs it counts as what it is.
/// </summary>
public sealed class DemotedPrimaryTests : ClusterTest
{
    private const string ByPromotion = "instance/switchover/masterSlave?by=promote";
    private const string PrimaryFirst = "instance/switchover/masterSlave";
    private const string StandbyFirst = "instance/switchover/slaveMaster";

    [Theory]
    [InlineData(ByPromotion, "end the sessions of")]
    [InlineData(ByPromotion, "and promote it")]
    [InlineData(PrimaryFirst, "stop pg-node01")]
    [InlineData(PrimaryFirst, "complete the WAL of")]
    [InlineData(StandbyFirst, "stop pg-node01")]
    [InlineData(StandbyFirst, "pg-node02 as primary")]
    public async Task A_primary_that_serves_again_after_an_undo_starts_as_primary_the_next_time_too(string switchover, string before)
    {
        var cluster = await BothRunning();
        await cluster.WaitForStates("master", "slave");
        await cluster.Ledger.Insert(cluster.N1);
        var operation = await OperationWatch.Begin(cluster.N1, HttpMethod.Post, switchover);
        await operation.AdvanceTo(before);
        Assert.True(cluster.N1.Postgres.HasStandbySignal);
        await cluster.N1.Api.Post($"../v2/operations/{operation.Id}/abandon");
        var (how, report) = await operation.End();
        Assert.True(how == "undone", report);
        await IsPrimaryAgain(cluster);
    }

    [Theory]
    [InlineData("instance/failover/restart")]
    [InlineData("instance/failover/promote")]
    public async Task A_failover_that_is_undone_leaves_the_old_primary_what_it_was(string failover)
    {
        var cluster = await PrimaryStopped();
        var operation = await OperationWatch.Begin(cluster.N2, HttpMethod.Post, failover);
        await operation.AdvanceTo(failover.EndsWith("promote", StringComparison.Ordinal) ? "promote pg-node02" : "pg-node02 as primary");
        Assert.True(cluster.N1.Postgres.HasStandbySignal);
        await cluster.N2.Api.Post($"../v2/operations/{operation.Id}/abandon");
        var (how, report) = await operation.End();
        Assert.True(how == "undone", report);
        Assert.False(cluster.N1.Postgres.HasStandbySignal);
        await cluster.WaitForStates("inactive", "recovery");
        await cluster.Play("POST N1 instance/current → eventually master, slave");
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Fact]
    public async Task A_start_as_primary_that_fails_leaves_the_other_node_what_it_was()
    {
        var cluster = await BothStopped();
        await cluster.WaitForStates("inactive", "inactive");
        await AsPostgres.Run("/usr/bin/touch", cluster.N2.Postgres.InData("recovery.signal"));
        (await cluster.N2.Api.Post("instance/master")).AssertRefused(409, 7);
        Assert.False(cluster.N1.Postgres.HasStandbySignal);
        Assert.True(cluster.N2.Postgres.HasStandbySignal);
        await cluster.Play("POST N1 instance/current → single, inactive");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_demoted_primary_that_is_frozen_is_not_taken_for_a_standby(bool force)
    {
        var cluster = await BothRunning();
        await cluster.Ledger.Insert(cluster.N1);
        await AsPostgres.Run("/usr/bin/touch", cluster.N1.Postgres.InData("standby.signal"));
        await cluster.N1.Postgres.Freeze();
        await cluster.WaitForStates("unknown", "slave");
        var refused = await cluster.N2.Api.Post($"instance/failover/promote?force={(force ? "true" : "false")}");
        refused.AssertRefused(409, 6);
        Assert.Contains("pg-node01 is writable", refused.Message, StringComparison.Ordinal);
        cluster.N1.Postgres.Thaw();
        await cluster.WaitForStates("master", "slave");
        await cluster.Play("POST N1 instance/all → master, slave");
        Assert.False(cluster.N1.Postgres.HasStandbySignal);
        Assert.Equal(cluster.N1, await cluster.Writable());
    }

    [Fact]
    public async Task A_failover_beside_an_old_primary_that_cannot_be_demoted_needs_force_and_names_it()
    {
        var cluster = await PrimaryStopped();
        await AsPostgres.Run("/bin/chmod", "500", cluster.N1.Postgres.DataDirectory);
        try
        {
            var refused = await cluster.N2.Api.Post("instance/failover/promote");
            refused.AssertRefused(500, 9);
            Assert.Contains("standby.signal cannot be written on pg-node01", refused.Message, StringComparison.Ordinal);
            Assert.Contains("force=true", refused.Hint, StringComparison.Ordinal);
            Assert.True(await cluster.N2.Postgres.Ask<bool>("SELECT pg_is_in_recovery()"));
            var forced = await cluster.N2.Api.Post("instance/failover/promote?force=true");
            Assert.True(forced.Status == 200, forced.ToString());
            Assert.Contains("standby.signal cannot be written on pg-node01", forced.Forced, StringComparison.Ordinal);
        }
        finally
        {
            await AsPostgres.Run("/bin/chmod", "700", cluster.N1.Postgres.DataDirectory);
        }
        await cluster.Play("POST N1 instance/slave → slave, master");
    }

    private static async Task IsPrimaryAgain(TestCluster cluster)
    {
        Assert.False(cluster.N1.Postgres.HasStandbySignal);
        await cluster.WaitForStates("master", "slave");
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.Ledger.AssertOnEveryRunningNode();
        await cluster.Play("DELETE N1 instance/current → inactive, recovery\nPOST N1 instance/current → eventually master, slave");
        Assert.Equal(1, await cluster.N1.Postgres.Timeline());
    }
}
