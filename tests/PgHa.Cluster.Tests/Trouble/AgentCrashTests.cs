namespace PgHa.Cluster.Tests.Trouble;

/// <summary>PostgreSQL outlives its agent, and a restarted agent adopts what runs.</summary>
public sealed class AgentCrashTests : ClusterTest
{
    [Fact]
    public async Task Killed_agents_leave_PostgreSQL_alone_and_adopt_it_again()
    {
        var cluster = await BothRunning();
        await cluster.AssertUnchanged(async () =>
        {
            await Task.WhenAll(cluster.Nodes.Select(node => node.Agent.Kill()));
            await cluster.StartAgents();
            await cluster.Play("GET N1 instance/all → master, slave");
        });
    }

    [Fact]
    public async Task A_clean_stop_of_the_agent_leaves_PostgreSQL_alone()
    {
        var cluster = await BothRunning();
        await cluster.AssertUnchanged(async () =>
        {
            await cluster.N1.Agent.Stop();
            Assert.Equal(0, await cluster.N1.Agent.WaitForExit());
            await cluster.Play("GET N2 instance/all → unknown, slave");
            await cluster.Ledger.Insert(cluster.N1);
        });
        await cluster.N1.StartAgent();
        await cluster.Play("GET N2 instance/all → master, slave");
    }

    [Fact]
    public async Task Servers_that_an_agent_started_outlive_it()
    {
        var cluster = await BothStopped();
        await cluster.Play("POST N1 instance/all → master, slave");
        await cluster.AssertUnchanged(async () =>
        {
            await Task.WhenAll(cluster.Nodes.Select(node => node.Agent.Kill()));
            await cluster.Ledger.Insert(cluster.N1);
            await cluster.Ledger.AssertOnEveryRunningNode();
            await cluster.StartAgents();
            await cluster.Play("GET N1 instance/all → master, slave");
        });
    }

    [Fact]
    public async Task The_lock_of_a_killed_agent_is_freed_when_it_is_back()
    {
        var cluster = await BothRunning();
        await cluster.N2.Postgres.FreezeChildren();
        (await cluster.N2.Api.Delete("instance/current?timeout=1")).AssertRefused(504, 9);
        (await cluster.N1.Api.Delete("instance/slave")).AssertRefused(409, 8);
        await cluster.N2.Agent.Kill();
        cluster.N2.Postgres.Thaw();
        await cluster.N2.StartAgent();
        await Wait.Until("the lock is free", async () => (await cluster.N1.Api.Delete("instance/slave")).Status == 200);
        await OperationWatch.NothingOpen(cluster.N2);
        await cluster.Play("POST N2 instance/slave → master, slave");
    }

    [Theory]
    [InlineData(0), InlineData(50), InlineData(150), InlineData(300)]
    public async Task An_agent_killed_during_a_switchover_leaves_a_pair_that_can_be_brought_back_whole(int milliseconds)
    {
        var cluster = await BothRunning();
        await using (new WritingClients(cluster))
        {
            await Wait.Until("rows are written", () => cluster.Ledger.Count > 50);
            var switchover = cluster.N1.Api.Post("instance/switchover/masterSlave");
            await Task.Delay(milliseconds, TestContext.Current.CancellationToken); // where it strikes is left to chance
            await cluster.N1.Agent.Kill();
            await Task.WhenAny(switchover); // answered or broken off
            await cluster.N1.StartAgent();
            await OperationWatch.NothingOpen(cluster.N1);
            await Wait.Until("the pair is whole again", () => BringBack(cluster), 30);
        }
        await cluster.Ledger.AssertOnEveryRunningNode();
        Assert.InRange(cluster.Ledger.Reigns().Count, 1, 3);
    }

    /// <summary>New sessions wait while the sessions of the old primary are ended; one that does not end keeps it so for seconds.</summary>
    [Fact]
    public async Task The_postmaster_of_a_primary_goes_on_when_the_agent_that_had_stopped_it_is_back()
    {
        var cluster = await BothRunning();
        await cluster.Ledger.Insert(cluster.N1);
        var session = await cluster.N1.Postgres.Connect();
        Signal.Send(session.ProcessID, Signal.Stop);
        var switchover = cluster.N1.Api.Post("instance/switchover/masterSlave?by=promote");
        var postmaster = cluster.N1.Postgres.Pid!.Value;
        await Wait.Until("the postmaster is stopped", () => ServerProcesses.IsFrozen(postmaster));
        await cluster.N1.Agent.Kill();
        Signal.Send(session.ProcessID, Signal.Continue);
        Assert.True(ServerProcesses.IsFrozen(postmaster));
        await GoesOnAndIsWhole(cluster, cluster.N1, postmaster, switchover);
    }

    /// <summary>They wait while the standby is promoted, too; that is over in a moment, so that it takes several switchovers to strike within.</summary>
    [Fact]
    public async Task The_postmaster_of_a_standby_goes_on_when_the_agent_that_had_stopped_it_to_promote_it_is_back()
    {
        var cluster = await BothRunning();
        for (var attempt = 0; attempt < 10; attempt++)
        {
            var primary = await Primary(cluster);
            var standby = cluster.Nodes.Single(n => n != primary);
            await cluster.Ledger.Insert(primary);
            var postmaster = standby.Postgres.Pid!.Value;
            var switchover = cluster.N1.Api.Post($"instance/switchover/masterSlave?by=promote&to={standby.Name}");
            while (!switchover.IsCompleted && !ServerProcesses.IsFrozen(postmaster))
                Thread.SpinWait(100);
            await standby.Agent.Kill();
            var struck = ServerProcesses.IsFrozen(postmaster);
            await GoesOnAndIsWhole(cluster, standby, postmaster, switchover);
            if (struck) return;
        }
        Assert.Fail("in ten switchovers the standby's postmaster was never seen stopped");
    }

    private static async Task<TestNode> Primary(TestCluster cluster)
    {
        foreach (var node in cluster.Nodes)
            if (!await node.Postgres.Ask<bool>("SELECT pg_is_in_recovery()")) return node;
        throw new InvalidOperationException("there is no primary");
    }

    private static async Task GoesOnAndIsWhole(TestCluster cluster, TestNode node, int postmaster, Task switchover)
    {
        await node.StartAgent();
        await Task.WhenAny(switchover); // answered or broken off
        await Wait.Until("its postmaster goes on, or is gone", () => node.Postgres.Pid != postmaster || !ServerProcesses.IsFrozen(postmaster));
        await OperationWatch.NothingOpen(cluster.N1);
        await Wait.Until("the pair is whole again", () => BringBack(cluster), 30);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    /// <summary>What an operator does who finds a writable node, or none.</summary>
    private static async Task<bool> BringBack(TestCluster cluster)
    {
        var states = await cluster.N1.Api.Get("instance/all");
        if (cluster.Nodes.Any(node => states.State(node) == "master") && cluster.Nodes.Any(node => states.State(node) == "slave")) return true;
        await cluster.N1.Api.Post("instance/all");
        return false;
    }
}
