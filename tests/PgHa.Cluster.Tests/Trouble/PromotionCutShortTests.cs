namespace PgHa.Cluster.Tests.Trouble;

/// <summary>
/// A standby was told to promote, but its startup process does not obey yet, and whoever told it is gone. It may become writable at any
/// moment: the old primary is not started beside it, and what is not finished can be finished.
/// </summary>
public sealed class PromotionCutShortTests : ClusterTest
{
    [Fact]
    public async Task Where_the_agent_is_killed_the_old_primary_is_not_started_beside_it()
    {
        var (cluster, startup) = await OnlyTheStandbyRuns();
        var step = cluster.N2.Api.PostV2("node/promote");
        await IsTold(cluster.N2);
        await cluster.N2.Agent.Kill();
        await Task.WhenAny(step); // broken off
        await cluster.N2.StartAgent();
        await NothingStartsBesideIt(cluster);
        await BecomesPrimary(cluster, startup);
    }

    [Fact]
    public async Task Where_the_session_of_the_step_is_ended_the_old_primary_is_not_started_beside_it()
    {
        var (cluster, startup) = await OnlyTheStandbyRuns();
        await using var session = await cluster.N2.Postgres.Connect();
        var failover = cluster.N2.Api.Post("instance/failover/promote");
        await IsTold(cluster.N2);
        await Wait.Until("the step's session is ended", () => EndOthers(session));
        (await failover).AssertRefused(500, 9);
        await NothingStartsBesideIt(cluster);
        await BecomesPrimary(cluster, startup);
    }

    [Fact]
    public async Task Where_the_agent_is_killed_the_failover_is_finished_when_it_is_back()
    {
        var (cluster, startup) = await OnlyTheStandbyRuns();
        var failover = cluster.N2.Api.Post("instance/failover/promote");
        await IsTold(cluster.N2);
        await cluster.N2.Agent.Kill();
        await Task.WhenAny(failover); // broken off
        await cluster.N2.StartAgent();
        await Wait.Until("it is taken up", async () => (await cluster.N2.Api.LockedBy()) is not null, 20);
        Assert.Equal(409, (await cluster.N1.Api.Post("instance/master")).Status);
        Signal.Send(startup, Signal.Continue);
        await OperationWatch.NothingOpen(cluster.N2);
        Assert.Contains("\"state\":\"completed\"", (await cluster.N2.Api.GetV2("operations")).Body, StringComparison.Ordinal);
        await BecomesPrimary(cluster, startup);
    }

    /// <summary>The signal was never sent, or is lost: only the mark says that it was told. Whoever repeats the call tells it again.</summary>
    [Fact]
    public async Task A_failover_called_again_tells_it_again()
    {
        var (cluster, startup) = await OnlyTheStandbyRuns();
        Signal.Send(startup, Signal.Continue);
        var lines = await File.ReadAllLinesAsync(cluster.N2.Postgres.InData("postmaster.pid"), TestContext.Current.CancellationToken);
        await AsPostgres.Run("/bin/sh", "-c", $"printf '%s' '{lines[0].Trim()} {lines[2].Trim()}' >'{Mark(cluster.N2)}'");
        await NothingStartsBesideIt(cluster);
        await cluster.Play("POST N2 instance/failover/promote → inactive, single");
        await BecomesPrimary(cluster, startup);
    }

    /// <summary>The postmaster finds the trigger file at any signal of its processes: it is enough, as if an operator had said so.</summary>
    [Fact]
    public async Task A_trigger_file_is_taken_for_what_it_is()
    {
        var (cluster, startup) = await OnlyTheStandbyRuns();
        await AsPostgres.Run("/usr/bin/touch", cluster.N2.Postgres.InData("promote"));
        await NothingStartsBesideIt(cluster);
        await BecomesPrimary(cluster, startup);
    }

    /// <summary>N2 has all that N1 wrote; its startup process is frozen.</summary>
    private async Task<(TestCluster Cluster, int Startup)> OnlyTheStandbyRuns()
    {
        var cluster = await PrimaryStopped();
        await cluster.WaitForStates("inactive", "recovery");
        var startup = await cluster.N2.Postgres.Ask<int>("SELECT pid FROM pg_stat_activity WHERE backend_type = 'startup'");
        Signal.Send(startup, Signal.Stop);
        await Wait.Until("the startup process is frozen", () => ServerProcesses.IsFrozen(startup));
        return (cluster, startup);
    }

    private static string Mark(TestNode node) => Path.Combine(node.In("state"), "promoting");

    private static Task IsTold(TestNode node) => Wait.Until($"{node.Name} is told to promote", () => File.Exists(Mark(node)) && File.Exists(node.Postgres.InData("promote")), 20);

    private static async Task<bool> EndOthers(Npgsql.NpgsqlConnection session)
    {
        await using var command = new Npgsql.NpgsqlCommand(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND query LIKE '%pg_is_in_recovery()::text%'", session);
        return (long)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))! > 0;
    }

    private static async Task NothingStartsBesideIt(TestCluster cluster)
    {
        Answer answer = null!;
        foreach (var path in new[] { "instance/master", "instance/master?force=true", "instance/current", "instance/all" })
        {
            await Wait.Until("no operation runs", async () => (answer = await cluster.N1.Api.Post(path)).Code != 8, 30);
            answer.AssertRefused(409, 6);
            Assert.Contains("was told to become primary", answer.Message, StringComparison.Ordinal);
        }
        Assert.False(cluster.N1.Postgres.IsRunning);
    }

    private static async Task BecomesPrimary(TestCluster cluster, int startup)
    {
        Signal.Send(startup, Signal.Continue);
        await cluster.WaitForStates("inactive", "single");
        Assert.False(File.Exists(Mark(cluster.N2)));
        Assert.DoesNotContain("\"promoting\":true", (await cluster.N1.Api.GetV2("cluster")).Body, StringComparison.Ordinal);
        await cluster.Play("""
            POST N1 instance/slave → slave, master
            insert
            """);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }
}
