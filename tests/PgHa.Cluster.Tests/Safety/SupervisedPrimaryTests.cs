namespace PgHa.Cluster.Tests.Safety;

/// <summary>
/// A supervisor starts the old primary again while its place is taken by another node. It must come up in recovery, whenever that happens:
/// what was acknowledged is on the new primary, and there is never a second writer.
/// </summary>
public sealed class SupervisedPrimaryTests : ClusterTest
{
    private const string ByPromotion = "instance/switchover/masterSlave?by=promote";
    private const string PrimaryFirst = "instance/switchover/masterSlave";
    private const string StandbyFirst = "instance/switchover/slaveMaster";
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(10);

    [Theory]
    [InlineData(ByPromotion)]
    [InlineData(PrimaryFirst)]
    [InlineData(StandbyFirst)]
    public async Task A_primary_that_a_supervisor_restarts_at_once_becomes_a_standby(string switchover)
    {
        var cluster = await BothRunning();
        await using var supervisor = await Supervisor.Owning(cluster.N1);
        await cluster.WaitForStates("master", "slave");
        await using (var watch = new WriterWatch(cluster))
        {
            await using (new WritingClients(cluster, Pace))
            {
                await WritesOn(cluster, cluster.N1);
                var answer = await cluster.N1.Api.Post(switchover + (switchover.Contains('?', StringComparison.Ordinal) ? "&" : "?") + "force=true");
                Assert.True(answer.Status == 200, answer.ToString());
                Assert.Contains($"the server of pg-node01 belongs to the process bash (pid {supervisor.Pid})", answer.Forced, StringComparison.Ordinal);
                await WritesOn(cluster, cluster.N2);
                await cluster.WaitForStates("slave", "master");
            }
            Assert.Equal([cluster.N1, cluster.N2], watch.AssertOneWriter());
        }
        await OneWriter(cluster, cluster.N2);
    }

    [Theory]
    [InlineData("POST", ByPromotion)]
    [InlineData("POST", PrimaryFirst)]
    [InlineData("POST", StandbyFirst)]
    [InlineData("DELETE", "instance/current")]
    [InlineData("POST", "../v2/node/stop")]
    [InlineData("POST", "../v2/node/hand-over?successor=pg-node02")]
    public async Task A_server_that_a_supervisor_owns_is_not_stopped_without_force(string method, string call)
    {
        var cluster = await BothRunning();
        await using var supervisor = await Supervisor.Owning(cluster.N1);
        await cluster.WaitForStates("master", "slave");
        await cluster.AssertUnchanged(async () =>
        {
            var refused = await cluster.N1.Api.Send(new(method), call);
            refused.AssertRefused(409, 7);
            Assert.Contains($"the server of pg-node01 belongs to the process bash (pid {supervisor.Pid})", refused.Message, StringComparison.Ordinal);
            Assert.Contains("POST instance/current", refused.Hint, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task The_way_out_that_a_refusal_names_works_and_config_check_says_the_same()
    {
        var cluster = await BothRunning();
        var supervisor = await Supervisor.Owning(cluster.N1);
        await cluster.WaitForStates("master", "slave");
        Assert.Contains($"belongs to the process bash (pid {supervisor.Pid})", await Check(cluster), StringComparison.Ordinal);
        await supervisor.DisposeAsync();
        await cluster.N1.Postgres.Stop();
        await cluster.Play("POST N1 instance/current → eventually master, slave");
        Assert.DoesNotContain("belongs to", await Check(cluster), StringComparison.Ordinal);
        await cluster.Play($"POST N1 {ByPromotion} → slave, master");
    }

    [Fact, Trait("Category", "Long")]
    public async Task An_undo_promotes_the_old_primary_that_its_supervisor_has_brought_back_in_recovery()
    {
        var cluster = await BothRunning();
        await using var supervisor = await Supervisor.Owning(cluster.N1);
        await cluster.WaitForStates("master", "slave");
        await using var watch = new WriterWatch(cluster);
        await cluster.Ledger.Insert(cluster.N1);
        await AsPostgres.Run("/usr/bin/touch", cluster.N2.Postgres.InData("recovery.signal")); // found only when it is to start as primary
        var failed = await cluster.N1.Api.Post(PrimaryFirst + "?force=true");
        Assert.Contains("what had been done was undone", failed.Message, StringComparison.Ordinal);
        await cluster.WaitForStates("master", "slave");
        await cluster.Ledger.Insert(cluster.N1);
        watch.AssertOneWriter();
        await OneWriter(cluster, cluster.N1);
    }

    private static Task<string> Check(TestCluster cluster) => AsPostgres.Run(AgentProcess.Binary, "config", "check", "--config", cluster.N1.Agent.ConfigFile);

    [Theory]
    [InlineData("instance/failover/promote")]
    [InlineData("instance/failover/restart")]
    public async Task An_old_primary_that_a_supervisor_starts_after_a_failover_comes_up_in_recovery(string failover)
    {
        var cluster = await PrimaryStopped();
        await cluster.Play($"POST N2 {failover} → inactive, single");
        await using var supervisor = Supervisor.Of(cluster.N1);
        await Supervisor.Answers(cluster.N1);
        await cluster.Ledger.Insert(cluster.N2);
        await OneWriter(cluster, cluster.N2, whole: false);
        await cluster.Play("POST N1 instance/slave → slave, master");
        await OneWriter(cluster, cluster.N2);
    }

    [Fact]
    public async Task An_old_primary_that_a_supervisor_starts_after_another_was_started_as_primary_comes_up_in_recovery()
    {
        var cluster = await PrimaryStopped();
        await cluster.Play("DELETE N2 instance/current → inactive, inactive\nPOST N2 instance/master → inactive, single");
        await using var supervisor = Supervisor.Of(cluster.N1);
        await Supervisor.Answers(cluster.N1);
        await OneWriter(cluster, cluster.N2, whole: false);
    }

    [Theory]
    [InlineData(ByPromotion, "and promote it")]
    [InlineData(PrimaryFirst, "complete the WAL of")]
    [InlineData(PrimaryFirst, "as primary")]
    [InlineData(StandbyFirst, "as primary")]
    public async Task An_old_primary_that_a_supervisor_starts_during_the_interruption_comes_up_in_recovery(string switchover, string before)
    {
        var cluster = await BothRunning();
        await using var watch = new WriterWatch(cluster);
        await cluster.Ledger.Insert(cluster.N1);
        var operation = await OperationWatch.Begin(cluster.N1, HttpMethod.Post, switchover);
        await operation.AdvanceTo(before);
        await using var supervisor = Supervisor.Of(cluster.N1);
        await Supervisor.Answers(cluster.N1);
        await operation.TryResumeAll();
        var (how, report) = await operation.End();
        Assert.True(how == "done", report);
        await cluster.Ledger.Insert(cluster.N2);
        await cluster.WaitForStates("slave", "master");
        watch.AssertOneWriter();
        await OneWriter(cluster, cluster.N2);
    }

    private static Task WritesOn(TestCluster cluster, TestNode node)
    {
        var before = cluster.Ledger.CountOn(node);
        return Wait.Until($"{node.Name} is written to", () => cluster.Ledger.CountOn(node) > before + 20, 30);
    }

    /// <summary>This node alone is writable and every other one would start in recovery; nothing that was acknowledged is missing.</summary>
    private static async Task OneWriter(TestCluster cluster, TestNode primary, bool whole = true)
    {
        Assert.Equal(primary, await cluster.Writable());
        Assert.All(cluster.Nodes, node => Assert.Equal(node != primary, node.Postgres.HasStandbySignal));
        cluster.Ledger.Reigns();
        if (whole) await cluster.Ledger.AssertOnEveryRunningNode();
    }
}
