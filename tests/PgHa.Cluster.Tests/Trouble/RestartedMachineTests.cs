namespace PgHa.Cluster.Tests.Trouble;

/// <summary>
/// A machine is restarted: its server and its agent end, and only the agent is started again. The machine itself is sketched: the agent's note of
/// the server that it saw last is of an earlier boot.
/// </summary>
public sealed class RestartedMachineTests : ClusterTest
{
    [Fact]
    public async Task Its_standby_follows_again_by_itself()
    {
        var cluster = await BothRunning();
        await Restart(cluster.N2);
        await cluster.WaitForStates("master", "slave");
        var operations = await OperationWatch.Look(cluster.N2, "operations");
        Assert.Contains("its machine was restarted", operations[0].GetProperty("reason").GetString(), StringComparison.Ordinal);
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Fact]
    public async Task With_all_machines_restarted_the_primary_is_left_to_a_call_and_the_standby_waits_for_it()
    {
        var cluster = await BothRunning();
        await Task.WhenAll(cluster.Nodes.Select(Restart));
        await Wait.Until("N2 says what it waits for", async () =>
            (await cluster.N2.Api.GetV2("node")).Field("returning")?.GetString()?.Contains("no primary is reachable", StringComparison.Ordinal) == true, 30);
        await Says(cluster.N1, "was no standby");
        await cluster.Play("GET N1 instance/all → inactive, inactive");
        Assert.Equal(200, (await cluster.N1.Api.Post("instance/current")).Status);
        await cluster.WaitForStates("master", "slave");
        Assert.Null((await cluster.N2.Api.GetV2("node")).Field("returning"));
    }

    [Fact]
    public async Task What_a_call_has_stopped_stays_stopped_also_when_it_had_not_been_started_yet()
    {
        var cluster = await BothRunning();
        await cluster.Play("DELETE N2 instance/current → single, inactive");
        await Restart(cluster.N2);
        await Says(cluster.N2, "stopped through pgha and stays so");

        await cluster.Play("POST N2 instance/slave → master, slave");
        await Task.WhenAll(cluster.Nodes.Select(Restart));
        await Wait.Until("N2 waits", async () => (await cluster.N2.Api.GetV2("node")).Field("returning") is not null, 30);
        await cluster.Play("DELETE N1 instance/all → inactive, inactive");
        await Says(cluster.N2, "stopped through pgha and stays so", times: 2);
        await Restart(cluster.N2, ranLast: false);
        await Says(cluster.N2, "stopped through pgha and stays so", times: 3);
        await cluster.Play("POST N1 instance/current → single, inactive");
    }

    [Fact]
    public async Task One_that_has_gone_its_own_way_is_left_and_it_is_said_why()
    {
        var cluster = await BothRunning();
        await Restart(cluster.N2, meanwhile: () => cluster.N2.Postgres.WriteAlone());
        await Says(cluster.N2, "it cannot follow");
        await cluster.Play("GET N1 instance/all → single, inactive");
    }

    [Fact]
    public async Task A_new_run_of_the_agent_alone_starts_nothing_and_never_means_never()
    {
        var cluster = await BothRunning();
        await cluster.N2.Agent.Stop();
        await cluster.N2.Postgres.Stop();
        await cluster.N2.StartAgent();
        await cluster.N2.AddToAgentConfig("start: never");
        await cluster.Play("GET N1 instance/all → single, inactive"); // after the first look, which is made at once
        await Restart(cluster.N2, ranLast: false);
        await cluster.Play("""
            GET  N1 instance/all       → single, inactive
            POST N2 instance/current   → master, slave
            """);
        Assert.DoesNotContain("StandbyReturn", File.ReadAllText(cluster.N2.Agent.LogFile), StringComparison.Ordinal);
    }

    private static Task Restart(TestNode node) => Restart(node, ranLast: true);

    private static async Task Restart(TestNode node, bool ranLast = true, Func<Task>? meanwhile = null)
    {
        await node.Agent.Stop();
        if (ranLast && node.Postgres.IsRunning) await node.Postgres.Stop();
        if (meanwhile != null) await meanwhile();
        var note = node.In("state/server");
        var words = (await File.ReadAllTextAsync(note, TestContext.Current.CancellationToken)).Split(' ', 2);
        await File.WriteAllTextAsync(note, $"of-an-earlier-boot {words[1]}", TestContext.Current.CancellationToken);
        await node.StartAgent();
    }

    private static Task Says(TestNode node, string text, int times = 1) => Wait.Until($"the agent of {node.Name} says: {text}", () =>
        File.ReadLines(node.Agent.LogFile).Count(line => line.Contains(text, StringComparison.Ordinal)) >= times, 30);
}
