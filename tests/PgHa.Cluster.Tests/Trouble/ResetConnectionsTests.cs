namespace PgHa.Cluster.Tests.Trouble;

/// <summary>
/// Whatever stands between two agents resets their connections, from the n-th request of a role change on, and each new one, for a while: the role
/// change is done, refused or undone, and what was done is not called a failure.
/// </summary>
[Trait("Category", "Long")]
public sealed class ResetConnectionsTests : ClusterTest
{
    [Theory]
    [InlineData("POST N1 instance/switchover/masterSlave?by=promote", false)]
    [InlineData("POST N1 instance/switchover/masterSlave?by=promote", true)]
    [InlineData("POST N1 instance/switchover/masterSlave", false)]
    [InlineData("POST N1 instance/switchover/slaveMaster", true)]
    public async Task A_role_change_ends_well_at_whichever_request_that_begins(string call, bool answered)
    {
        var cluster = Keep(await TestCluster.FilesOnly());
        await using var relay = await Relay.Between(cluster.N1, cluster.N2);
        await cluster.StartServers();
        await cluster.StartAgents();
        await cluster.WaitForStates("master", "slave");
        await using var watch = new WriterWatch(cluster);
        await using (new WritingClients(cluster, TimeSpan.FromMilliseconds(25)))
        {
            var request = 1;
            while (await Play(cluster, relay.ResetAt(request, answered), call)) request++;
            Assert.InRange(request, 10, 200);
        }
        await cluster.Ledger.AssertOnEveryRunningNode();
        watch.AssertOneWriter();
    }

    /// <summary>Whether the call made that many requests.</summary>
    private static async Task<bool> Play(TestCluster cluster, Reset reset, string call)
    {
        var primary = await Primary(cluster);
        var answering = cluster.N1.Api.Post(call["POST N1 ".Length..]);
        await Task.WhenAny(answering, reset.Begun);
        var begun = reset.Begun.IsCompleted;
        if (begun) await Task.WhenAny(answering, reset.RefusedSome);
        reset.Mend();
        var answer = await answering;
        await OperationWatch.NothingOpen(cluster.N1);
        if (answer.Status == 200) Assert.NotEqual(primary, await Primary(cluster));
        else await JudgeFailure(cluster, answer);
        await Wait.Until("the pair is whole", async () => (await cluster.N1.Api.Post("instance/all")).Status == 200, 60);
        return begun;
    }

    private static async Task JudgeFailure(TestCluster cluster, Answer answer)
    {
        Assert.True(answer.Status is 409 or 500 or 502 && answer.Hint?.Length > 0, answer.ToString());
        if (answer.Status != 500) return;
        var last = (await OperationWatch.Look(cluster.N1, "operations")).EnumerateArray().First();
        Assert.False(last.GetProperty("steps").EnumerateArray().All(step => step.GetProperty("state").GetString() == "done"), $"all is done, and yet {answer}: {last}");
    }

    private static async Task<TestNode?> Primary(TestCluster cluster)
    {
        var states = await cluster.N1.Api.Get("instance/all");
        return cluster.Nodes.FirstOrDefault(node => states.State(node) is "master" or "single");
    }
}
