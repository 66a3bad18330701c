using Npgsql;

namespace PgHa.Cluster.Tests.Trouble;

/// <summary>A postmaster that a switchover by promotion has stopped goes on soon, whatever becomes of the agent and of its questions.</summary>
public sealed class PausedPostmasterTests : ClusterTest
{
    private const string There = "instance/switchover/masterSlave?by=promote";

    /// <summary>Between the trigger and the first write, while the postmaster is stopped.</summary>
    private const string PromotionTakesLong = "recovery_end_command = 'sleep 4'";

    /// <summary>Killed for good, it had stopped the primary's to end its sessions.</summary>
    [Fact]
    public async Task The_primary_serves_on_although_the_agent_that_was_ending_it_is_never_started_again()
    {
        var cluster = await BothRunning();
        await using var stubborn = await Stubborn.On(cluster.N1);
        await OperationWatch.BeginAtOnce(cluster.N1, There);
        await Frozen(cluster.N1);
        await cluster.N1.Agent.Kill();
        await GoesOn(cluster.N1, TimeSpan.FromSeconds(1));
        await cluster.Ledger.Insert(cluster.N1);
    }

    [Fact]
    public async Task The_new_primary_accepts_sessions_although_the_agent_that_promoted_it_is_never_started_again()
    {
        var cluster = Keep(await TestCluster.AllRunning(prepare: each => each.N2.AddToPostgresConf(PromotionTakesLong)));
        await OperationWatch.BeginAtOnce(cluster.N1, There);
        await Frozen(cluster.N2);
        await cluster.N2.Agent.Kill();
        await GoesOn(cluster.N2, TimeSpan.FromSeconds(1));
        await Wait.Until("it is promoted", async () => !await cluster.N2.Postgres.Ask<bool>("SELECT pg_is_in_recovery()"));
        await cluster.Ledger.Insert(cluster.N2);
    }

    /// <summary>The guard is a process like any other: where it dies, too, the agent finds what it left when it is back.</summary>
    [Fact]
    public async Task It_goes_on_when_the_agent_is_back_where_the_guard_was_killed_with_it()
    {
        var cluster = await BothRunning();
        await using (await Stubborn.On(cluster.N1))
        {
            await OperationWatch.BeginAtOnce(cluster.N1, There);
            await Frozen(cluster.N1);
            var guard = Assert.Single(ServerProcesses.ChildrenOf(cluster.N1.Agent.Pid), pid => File.ReadAllText($"/proc/{pid}/cmdline").StartsWith("/bin/sh\0-c", StringComparison.Ordinal));
            Signal.Send(guard, Signal.Kill);
            await cluster.N1.Agent.Kill();
            Assert.True(ServerProcesses.IsFrozen(cluster.N1.Postgres.Pid!.Value));
        }
        await cluster.N1.StartAgent();
        await GoesOn(cluster.N1, TimeSpan.FromSeconds(10));
        await OperationWatch.NothingOpen(cluster.N1);
        await Wait.Until("somebody serves", () => cluster.Writable().ContinueWith(w => w.IsCompletedSuccessfully, TaskScheduler.Default), 30);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Fact]
    public async Task It_goes_on_in_two_seconds_although_the_server_does_not_answer()
    {
        var cluster = Keep(await TestCluster.AllRunning(prepare: each => each.N2.AddToPostgresConf(PromotionTakesLong)));
        await using var session = await cluster.N2.Postgres.Connect();
        var operation = await OperationWatch.BeginAtOnce(cluster.N1, There);
        await Frozen(cluster.N2);
        var asked = await SessionsOfTheAgent(session);
        foreach (var pid in asked) Signal.Send(pid, Signal.Stop);
        await GoesOn(cluster.N2, TimeSpan.FromSeconds(3));
        Assert.All(asked, pid => Assert.True(ServerProcesses.IsFrozen(pid)));
        foreach (var pid in asked) Signal.Send(pid, Signal.Continue);
        Assert.Equal("done", (await operation.End()).How);
        await cluster.Ledger.Insert(cluster.N2);
    }

    /// <summary>Frozen, the agent still holds what its guard waits for, and its own clock stands still.</summary>
    [Fact]
    public async Task It_goes_on_although_the_agent_is_frozen_and_nothing_is_lost_when_that_goes_on()
    {
        var cluster = await BothRunning();
        await using (await Stubborn.On(cluster.N1))
        {
            await OperationWatch.BeginAtOnce(cluster.N1, There);
            await Frozen(cluster.N1);
            await cluster.N1.Agent.Freeze();
            await GoesOn(cluster.N1, TimeSpan.FromSeconds(10));
            await cluster.Ledger.Insert(cluster.N1);
        }
        cluster.N1.Agent.Thaw();
        await OperationWatch.NothingOpen(cluster.N1);
        await Wait.Until("somebody serves", () => cluster.Writable().ContinueWith(w => w.IsCompletedSuccessfully, TaskScheduler.Default), 30);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    private static Task Frozen(TestNode node) => Wait.Until($"the postmaster of {node.Name} is stopped", () => ServerProcesses.IsFrozen(node.Postgres.Pid!.Value));

    private static async Task GoesOn(TestNode node, TimeSpan within) => Assert.InRange(
        await Wait.Until($"the postmaster of {node.Name} goes on", () => !ServerProcesses.IsFrozen(node.Postgres.Pid!.Value)), TimeSpan.Zero, within);

    private static async Task<IReadOnlyList<int>> SessionsOfTheAgent(NpgsqlConnection session)
    {
        await using var question = new NpgsqlCommand("SELECT array_agg(pid) FROM pg_stat_activity WHERE application_name = 'pgha'", session);
        return (int[])(await question.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }
}
