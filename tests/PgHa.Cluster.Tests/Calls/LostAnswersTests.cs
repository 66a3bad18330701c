namespace PgHa.Cluster.Tests.Calls;

/// <summary>A client that lost the answer calls again. Nothing is moved there and back for it.</summary>
public sealed class LostAnswersTests : ClusterTest
{
    private const string Switchover = "instance/switchover/masterSlave";

    [Fact]
    public async Task A_switchover_whose_caller_had_gone_is_answered_and_not_carried_out_again()
    {
        var cluster = await BothRunning();
        await Leave(cluster, Switchover);
        var again = await cluster.N1.Api.Post(Switchover);
        await cluster.AssertStates(again, "slave", "master");
        Assert.Contains("nothing was done again", again.Repeated, StringComparison.Ordinal);
        Assert.Equal(1, await Operations(cluster.N1));

        // That answer was heard; the next call is meant, as are those of an operator who exchanges the roles there and back.
        var meant = await cluster.N1.Api.Post(Switchover);
        await cluster.AssertStates(meant, "master", "slave");
        Assert.Equal("", meant.Repeated);
        Assert.Contains("with to=pg-node01", meant.Suggested, StringComparison.Ordinal);
        await cluster.AssertStates(await cluster.N1.Api.Post(Switchover), "slave", "master");
        Assert.Equal(3, await Operations(cluster.N1));
    }

    [Fact]
    public async Task A_switchover_whose_agent_was_killed_is_waited_for_by_the_call_that_comes_again()
    {
        var cluster = await BothRunning();
        var call = cluster.N1.Api.Post(Switchover);
        await Wait.Until("the old primary is down", () => !cluster.N1.Postgres.IsRunning);
        await cluster.N1.Agent.Kill();
        await Assert.ThrowsAnyAsync<Exception>(() => call);
        await cluster.N1.StartAgent();
        var again = await cluster.N1.Api.Post(Switchover);
        await cluster.AssertStates(again, "slave", "master");
        Assert.Contains("nothing was done again", again.Repeated, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_a_key_the_same_call_is_carried_out_once_also_by_the_next_run_of_the_agent()
    {
        var cluster = await BothRunning();
        var both = await Task.WhenAll(cluster.N1.Api.PostWithKey("a-1", Switchover), cluster.N1.Api.PostWithKey("a-1", Switchover));
        foreach (var answer in both) await cluster.AssertStates(answer, "slave", "master");
        Assert.Equal(both[0].Location, both[1].Location);
        Assert.Single(both, answer => answer.Repeated.Length > 0);
        (await cluster.N1.Api.PostWithKey("a-1", "instance/switchover/slaveMaster")).AssertRefused(422, 2);

        await cluster.N1.Agent.Kill();
        await cluster.N1.StartAgent();
        var third = await cluster.N1.Api.PostWithKey("a-1", Switchover);
        Assert.Equal((both[0].Body, both[0].Location), (third.Body, third.Location));
        Assert.Contains("another Idempotency-Key", third.Repeated, StringComparison.Ordinal);
        var native = await cluster.N1.Api.PostWithKey("b", "../v2/cluster/switchover", """{"target":"pg-node01"}""");
        var same = await cluster.N1.Api.PostWithKey("b", "../v2/cluster/switchover", """{"target":"pg-node01"}""");
        Assert.Equal((202, native.Location, 202, native.Location), (native.Status, native.Location, same.Status, same.Location));
        (await cluster.N1.Api.PostWithKey("b", "../v2/cluster/stop")).AssertRefused(422, 2);
        foreach (var none in (string[])["", new string('x', 129), "a b"])
            (await cluster.N1.Api.PostWithKey(none, Switchover)).AssertRefused(400, 2);
        await OperationWatch.NothingOpen(cluster.N1);
        await cluster.WaitForStates("master", "slave");
    }

    [Fact]
    public async Task A_key_of_a_call_that_was_refused_is_free_and_a_resume_with_a_key_counts_once()
    {
        var cluster = await BothStopped();
        (await cluster.N2.Api.PostWithKey("k", "instance/slave")).AssertRefused(409, 12);
        await cluster.Play("POST N1 instance/master → single, inactive");
        await cluster.AssertStates(await cluster.N2.Api.PostWithKey("k", "instance/slave"), "master", "slave");
        var operation = await OperationWatch.Begin(cluster.N1, HttpMethod.Post, Switchover);
        foreach (var _ in Enumerable.Range(0, 3)) await cluster.N1.Api.PostWithKey("one", $"../v2/operations/{operation.Id}/resume");
        await operation.WaitForStep(1, "waiting");
        await cluster.N1.Api.PostWithKey("two", $"../v2/operations/{operation.Id}/resume?all=true");
        Assert.Equal("done", (await operation.End()).How);
    }

    /// <summary>The client goes while the operation runs, which ends without it.</summary>
    private static async Task Leave(TestCluster cluster, string path)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var call = cluster.N1.Api.Send(HttpMethod.Post, path, null, patience.Token);
        await Wait.Until("the operation runs", () => Directory.EnumerateFiles(cluster.N1.In("state/operations"), "*.json").Any());
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await OperationWatch.NothingOpen(cluster.N1);
        await cluster.WaitForStates("slave", "master");
    }

    private static async Task<int> Operations(TestNode node) => (await OperationWatch.Look(node, "operations")).GetArrayLength();
}
