namespace PgHa.Cluster.Tests.Failover;

/// <summary>Automatic failover on real servers, agents, guards and etcd.</summary>
public sealed class AutomaticFailoverTests : ClusterTest
{
    /// <summary>For what must not depend on how busy the machine is.</summary>
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(12);

    [Fact]
    public async Task The_primarys_machine_dies_another_node_takes_its_place_and_it_comes_back_as_a_standby()
    {
        await using var automatic = await AutomaticCluster.Running(Keep);
        var cluster = automatic.Cluster;
        await cluster.Ledger.Insert(cluster.N1, 50);
        await cluster.Ledger.AssertOnEveryRunningNode();
        await Wait.Until("the first epoch is written down", async () => (await AutomaticCluster.History(cluster.N1)).Length == 1, 10);
        await AutomaticCluster.Lose(cluster.N1);
        var took = await Wait.Until("another node serves", async () => await Accepts(cluster.N2) || await Accepts(cluster.N3), 20);
        TestContext.Current.TestOutputHelper?.WriteLine($"writable again after {took.TotalSeconds:0.00} s with D {AutomaticCluster.D.TotalSeconds:0} s");
        var primary = await Accepts(cluster.N2) ? cluster.N2 : cluster.N3;
        var other = primary == cluster.N2 ? cluster.N3 : cluster.N2;
        await AutomaticCluster.Holds(primary);
        await cluster.Ledger.Insert(primary);
        await Wait.Until($"{other.Name} follows", () => AutomaticCluster.Follows(other, primary), 20);
        await cluster.N1.StartAgent();
        await Wait.Until("N1 follows", () => AutomaticCluster.Follows(cluster.N1, primary), 40);
        await cluster.Ledger.AssertOnEveryRunningNode();
        cluster.Ledger.Reigns();
        Assert.Equal(2, await AutomaticCluster.Epoch(primary));
        var history = await AutomaticCluster.History(cluster.N1);
        Assert.Equal([("pg-node01", 1L), (primary.Name, 2L)], history.Select(h => (h.GetProperty("to").GetString()!, h.GetProperty("epoch").GetInt64())));
        Assert.Equal("pg-node01", history[1].GetProperty("from").GetString());
    }

    [Fact]
    public async Task A_postmaster_that_is_killed_is_started_again_in_place()
    {
        await using var automatic = await AutomaticCluster.Running(Keep);
        var cluster = automatic.Cluster;
        await cluster.Ledger.Insert(cluster.N1);
        var before = cluster.N1.Postgres.Pid;
        cluster.N1.Postgres.KillPostmaster();
        var took = await Wait.Until("it serves again", async () => cluster.N1.Postgres.Pid is { } pid && pid != before && await cluster.N1.Postgres.Serves(), 20);
        TestContext.Current.TestOutputHelper?.WriteLine($"serves again after {took.TotalSeconds:0.00} s");
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.Ledger.AssertOnEveryRunningNode();
        await AutomaticCluster.Holds(cluster.N1);
        Assert.Equal(1, await AutomaticCluster.Epoch(cluster.N1));
    }

    [Fact]
    public async Task Nobody_notices_that_the_agent_is_restarted()
    {
        await using var automatic = await AutomaticCluster.Running(Keep, Long);
        var cluster = automatic.Cluster;
        var before = cluster.N1.Postgres.Pid;
        await cluster.N1.Agent.Kill();
        await cluster.N1.StartAgent();
        await AutomaticCluster.Holds(cluster.N1);
        await Task.Delay(Long * 1.2, TestContext.Current.CancellationToken); // the deadline of the run before passes
        Assert.Equal(before, cluster.N1.Postgres.Pid);
        Assert.Equal(1, await AutomaticCluster.Epoch(cluster.N1));
        await cluster.Ledger.Insert(cluster.N1);
    }

    /// <summary>It would end nothing at its deadline; neither would one whose place nobody takes.</summary>
    [Theory]
    [InlineData(Signal.Stop), InlineData(Signal.Kill)]
    public async Task A_guard_that_is_frozen_or_killed_is_replaced_and_the_server_runs_on(int signal)
    {
        await using var automatic = await AutomaticCluster.Running(Keep, Long);
        var cluster = automatic.Cluster;
        await Wait.Until("one guard is there", () => AutomaticCluster.Guards(cluster.N1).Length == 1, 30); // of two that were started the second ends by itself
        var before = (Server: cluster.N1.Postgres.Pid, Guard: AutomaticCluster.Guards(cluster.N1)[0]);
        Signal.Send(before.Guard, signal);
        await Wait.Until("another guard is there", () => AutomaticCluster.Guards(cluster.N1) is [var now] && now != before.Guard, 30);
        await AutomaticCluster.Holds(cluster.N1);
        Assert.Equal(before.Server, cluster.N1.Postgres.Pid);
        Assert.Equal(1, await AutomaticCluster.Epoch(cluster.N1));
    }

    [Fact]
    public async Task Without_etcd_the_primary_is_fenced_and_serves_again_when_it_is_back()
    {
        await using var automatic = await AutomaticCluster.Running(Keep);
        var cluster = automatic.Cluster;
        await cluster.Ledger.Insert(cluster.N1);
        foreach (var member in automatic.Etcd.Members.Take(2)) member.Freeze();
        await Wait.Until("N1 is fenced", () => cluster.N1.Postgres.Processes.Count == 0, 15);
        await Wait.Until("standby.signal is there", () => cluster.N1.Postgres.HasStandbySignal, 5);
        Assert.True(await InRecovery(cluster.N2) && await InRecovery(cluster.N3));
        foreach (var member in automatic.Etcd.Members.Take(2)) member.Thaw();
        await Wait.Until("a node serves", async () => (await Task.WhenAll(cluster.Nodes.Select(Accepts))).Count(serves => serves) == 1, 40);
        var primary = await cluster.Writable();
        await cluster.Ledger.Insert(primary);
        await Wait.Until("all follow", async () => (await Task.WhenAll(cluster.Nodes.Where(n => n != primary).Select(n => AutomaticCluster.Follows(n, primary)))).All(f => f), 40);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    /// <summary>Whoever replaces it is killed, too: at the deadline there is none, and the agent ends the server then, or before.</summary>
    [Fact, Trait("Category", "Long")]
    public async Task Without_etcd_and_without_a_guard_the_agent_ends_the_server()
    {
        await using var automatic = await AutomaticCluster.Running(Keep);
        var cluster = automatic.Cluster;
        await cluster.Ledger.Insert(cluster.N1);
        foreach (var member in automatic.Etcd.Members.Take(2)) member.Freeze();
        await Wait.Until("N1 is fenced", () =>
        {
            foreach (var guard in AutomaticCluster.Guards(cluster.N1)) Signal.Send(guard, Signal.Kill);
            return cluster.N1.Postgres.Processes.Count == 0;
        }, 30);
        Assert.Matches("no guard has ended the server: its agent does|no guard is on duty: nothing tells", File.ReadAllText(cluster.N1.Agent.LogFile)); // at the deadline, or before it
        await Wait.Until("standby.signal is there", () => cluster.N1.Postgres.HasStandbySignal, 5);
        foreach (var member in automatic.Etcd.Members.Take(2)) member.Thaw();
        await Wait.Until("a node serves", async () => (await Task.WhenAll(cluster.Nodes.Select(Accepts))).Count(serves => serves) == 1, 40);
        await cluster.Ledger.Insert(await cluster.Writable());
        cluster.Ledger.Reigns();
    }

    [Theory]
    [InlineData("by=promote"), InlineData("by=restart")]
    public async Task A_planned_switchover_passes_the_record_on(string how)
    {
        await using var automatic = await AutomaticCluster.Running(Keep);
        var cluster = automatic.Cluster;
        await using (new WritingClients(cluster))
        {
            await Wait.Until("rows are written", () => cluster.Ledger.CountOn(cluster.N1) > 20);
            await cluster.Play($"POST N1 instance/switchover/masterSlave?{how}&to=pg-node02 → slave, master, slave");
            await Wait.Until("rows are written again", () => cluster.Ledger.CountOn(cluster.N2) > 20);
        }
        await AutomaticCluster.Holds(cluster.N2);
        Assert.Equal(2, await AutomaticCluster.Epoch(cluster.N2));
        await Task.Delay(AutomaticCluster.D * 1.5, TestContext.Current.CancellationToken); // no deadline of before ends anything
        await cluster.WaitForStates("slave", "master", "slave");
        await cluster.Ledger.AssertOnEveryRunningNode();
        cluster.Ledger.Reigns();
    }

    [Fact]
    public async Task While_the_record_is_held_no_call_makes_another_node_writable_not_even_with_force()
    {
        await using var automatic = await AutomaticCluster.Running(Keep, Long * 8);
        var cluster = automatic.Cluster;
        var (server, longer) = (cluster.N1.Postgres.Pid, Task.Delay(TimeSpan.FromSeconds(12), TestContext.Current.CancellationToken)); // than failover.hang_after
        await cluster.N1.Agent.Freeze(); // it is seen by nobody; its guard lets the server write until the deadline
        var refused = await cluster.N2.Api.Post("instance/failover/promote?force=true");
        Assert.Equal(409, refused.Status);
        Assert.Contains("holds the record", refused.Message, StringComparison.Ordinal);
        await longer;
        cluster.N1.Agent.Thaw();
        await AutomaticCluster.Holds(cluster.N1);
        await cluster.WaitForStates("master", "slave", "slave");
        Assert.Equal(server, cluster.N1.Postgres.Pid); // the agent asked nothing while it was frozen: that is no silence of the server
    }

    /// <summary>Somebody starts the old primary as it was before, with pg_ctl and without standby.signal.</summary>
    [Fact]
    public async Task A_server_that_is_started_writable_by_hand_without_the_record_is_stopped()
    {
        await using var automatic = await AutomaticCluster.Running(Keep, rejoin: "reclone");
        var cluster = automatic.Cluster;
        await cluster.Play("POST N1 instance/switchover/masterSlave?by=promote&to=pg-node02 → slave, master, slave");
        Assert.Equal(204, (await cluster.N1.Api.PostV2("cluster/pause")).Status);
        await Wait.Until("the pause is seen", async () => (await AutomaticCluster.Explain(cluster.N1))!.Value.GetProperty("paused").GetBoolean(), 10);
        await cluster.N1.Postgres.Stop();
        var started = cluster.N1.Postgres.StartAsPrimary();
        await Wait.Until("it is killed", () => started.IsCompleted && cluster.N1.Postgres.Processes.Count == 0 && cluster.N1.Postgres.HasStandbySignal, 20);
        await started.ContinueWith(static _ => { }, TaskScheduler.Default);
        Assert.Equal(204, (await cluster.N1.Api.PostV2("cluster/resume")).Status);
        await Wait.Until("it follows again", async () => cluster.N1.Postgres.HasStandbySignal && await AutomaticCluster.Follows(cluster.N1, cluster.N2), 40);
        await AutomaticCluster.Holds(cluster.N2);
    }

    private static async Task<bool> Accepts(TestNode node) => node.Postgres.IsRunning && await node.Postgres.Serves() && !await InRecovery(node);

    private static async Task<bool> InRecovery(TestNode node) => await node.Postgres.Ask<bool>("SELECT pg_is_in_recovery()");
}
