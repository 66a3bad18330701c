using PgHa.Cluster.Tests.Trouble;

namespace PgHa.Cluster.Tests.ThreeNodes;

/// <summary>
/// The primary was killed, and of its two standbys the failover names the one that received less. What the other holds is completed
/// first, from whoever can give it, or the other one is named: no acknowledged row is lost.
/// </summary>
public sealed class FailoverToTheOneBehindTests : ClusterTest
{
    [Theory]
    [InlineData("restart", 1), InlineData("promote", 2)]
    public async Task A_killed_primary_that_can_be_read_completes_the_target(string how, int timeline)
    {
        var cluster = await N3IsAhead();
        await cluster.N1.Postgres.KillAndWait();
        await cluster.Play($"POST N2 instance/failover/{how} → inactive, master, slave");
        Assert.Equal(timeline, await cluster.N2.Postgres.Timeline());
        await GoesOn(cluster, cluster.N2);
    }

    [Fact]
    public async Task Where_the_primary_is_gone_the_standby_that_is_ahead_is_named_even_with_force_and_is_the_one_to_take()
    {
        var cluster = await N3IsAhead();
        await Lose(cluster.N1);
        await cluster.AssertUnchanged(async () =>
        {
            await cluster.Play("""
                POST N2 instance/failover/promote                 → refused 409, code 6
                POST N2 instance/failover/restart                 → refused 409, code 6
                POST N2 instance/failover/restart?force=true      → refused 409, code 6
                POST N2 instance/failover/promote?force=true      → refused 409, code 13
                """);
            var refused = await cluster.N3.Api.Post("instance/failover/promote?to=pg-node02&force=true");
            refused.AssertRefused(409, 13);
            Assert.Contains("the standby pg-node03 holds WAL that pg-node02 misses", refused.Message, StringComparison.Ordinal);
            Assert.Contains("?to=pg-node03", refused.Hint, StringComparison.Ordinal);
        });
        await cluster.Play("POST N2 instance/failover/promote?to=pg-node03&force=true → unknown, slave, master");
        await GoesOn(cluster, cluster.N3);
    }

    [Fact]
    public async Task Where_the_primary_is_gone_and_the_standby_that_is_ahead_was_stopped_the_target_is_completed_from_its_files()
    {
        var cluster = await N3IsAhead();
        await Lose(cluster.N1);
        await cluster.Play("""
            DELETE N3 instance/current                     → unknown, recovery, inactive
            POST   N2 instance/failover/restart?force=true → refused 409, code 6
            POST   N2 instance/failover/promote?force=true → unknown, single, inactive
            POST   N3 instance/slave                       → unknown, master, slave
            """);
        await GoesOn(cluster, cluster.N2);
    }

    [Fact]
    public async Task A_standby_that_cannot_be_asked_how_far_it_is_holds_the_failover_back()
    {
        var cluster = await N3IsAhead();
        await cluster.N1.Postgres.Stop();
        await cluster.N3.Postgres.Freeze();
        await cluster.WaitForStates("inactive", "recovery", "unknown");
        await cluster.AssertUnchanged(async () =>
        {
            foreach (var how in new[] { "promote", "restart", "restart?force=true" })
            {
                var refused = await cluster.N2.Api.Post($"instance/failover/{how}");
                Assert.Equal(409, refused.Status);
                Assert.Contains("pg-node03", refused.Message, StringComparison.Ordinal);
            }
        });
        cluster.N3.Postgres.Thaw();
        await cluster.WaitForStates("inactive", "recovery", "recovery");
        await cluster.Play("POST N2 instance/failover/promote → inactive, master, slave");
        await GoesOn(cluster, cluster.N2);
    }

    /// <summary>Of a primary that has just died the last WAL may still be in the target's socket, and be written by the other standby already.</summary>
    [Fact]
    public async Task What_is_on_its_way_into_the_target_is_waited_for()
    {
        var cluster = await ThreeRunning();
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.Ledger.AssertOnEveryRunningNode();
        await cluster.N1.Agent.Kill();
        var operation = await OperationWatch.Begin(cluster.N2, HttpMethod.Post, "instance/failover/promote?force=true");
        var receiver = await StandbyBehindTests.ToReceiver(cluster.N2, Signal.Stop);
        await cluster.Ledger.Insert(cluster.N1);
        await Wait.Until("N3 has it", async () => (await Harness.Ledger.Rows(cluster.N3)).Count == cluster.Ledger.Count);
        await cluster.N1.Postgres.KillAndWait();
        await operation.Resume("?all=true");
        await operation.WaitForStep(0, "running", "failed");
        await Task.Delay(300, TestContext.Current.CancellationToken); // the proof finds N3 ahead meanwhile
        Signal.Send(receiver, Signal.Continue);
        var (end, report) = await operation.End();
        Assert.True(end == "done", report);
        await GoesOn(cluster, cluster.N2);
    }

    private async Task<TestCluster> N3IsAhead()
    {
        var cluster = await ThreeRunning();
        await cluster.OnlyOneReceives(cluster.N3, cluster.N2);
        return cluster;
    }

    /// <summary>Server and agent at once, as when the machine fails.</summary>
    private static async Task Lose(TestNode node)
    {
        await node.Agent.Kill();
        await node.Postgres.KillAndWait();
    }

    private static async Task GoesOn(TestCluster cluster, TestNode primary)
    {
        await cluster.Ledger.Insert(primary);
        await cluster.Ledger.AssertOnEveryRunningNode();
        cluster.Ledger.Reigns();
    }
}
