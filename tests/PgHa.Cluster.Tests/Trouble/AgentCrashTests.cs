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

    /// <summary>What an operator does who finds a writable node, or none.</summary>
    private static async Task<bool> BringBack(TestCluster cluster)
    {
        var states = await cluster.N1.Api.Get("instance/all");
        if (cluster.Nodes.Any(node => states.State(node) == "master") && cluster.Nodes.Any(node => states.State(node) == "slave")) return true;
        await cluster.N1.Api.Post("instance/all");
        return false;
    }
}
