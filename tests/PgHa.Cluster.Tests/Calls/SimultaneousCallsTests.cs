namespace PgHa.Cluster.Tests.Calls;

public sealed class SimultaneousCallsTests : ClusterTest
{
    [Theory]
    [InlineData("POST instance/switchover/masterSlave", "POST instance/switchover/slaveMaster")]
    [InlineData("POST instance/switchover/masterSlave", "POST instance/switchover/masterSlave")]
    [InlineData("DELETE instance/all", "POST instance/switchover/masterSlave")]
    [InlineData("DELETE instance/masterSlave", "DELETE instance/slaveMaster")]
    public async Task Of_two_calls_at_the_same_time_on_a_running_pair_exactly_one_wins(string onN1, string onN2) =>
        await ExactlyOneWins(await BothRunning(), onN1, onN2);

    [Theory]
    [InlineData("POST instance/master", "POST instance/master")]
    [InlineData("POST instance/all", "POST instance/all/masterSlave")]
    public async Task Of_two_calls_at_the_same_time_on_a_stopped_pair_exactly_one_wins(string onN1, string onN2) =>
        await ExactlyOneWins(await BothStopped(), onN1, onN2);

    [Fact]
    public async Task One_agent_called_many_times_at_once_carries_out_one_call()
    {
        var cluster = await BothStopped();
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => cluster.N1.Api.Post("instance/all")));
        Assert.Contains(answers, answer => answer.Status == 200);
        Assert.All(answers.Where(answer => answer.Status != 200), answer => answer.AssertRefused(409, 8));
        await cluster.Play("GET N1 instance/all → master, slave");
    }

    [Fact]
    public async Task Reading_goes_on_during_switchovers_and_never_shows_two_writable_nodes()
    {
        var cluster = await BothRunning();
        using var done = new CancellationTokenSource();
        var readers = cluster.Nodes.Select(node => ReadUntil(node, cluster, done.Token)).ToList();
        await cluster.Play("""
            POST N1 instance/switchover/masterSlave → slave, master
            POST N1 instance/switchover/slaveMaster → master, slave
            """);
        await done.CancelAsync();
        Assert.True((await Task.WhenAll(readers)).Min() > 20, "the readers hardly got an answer");
    }

    private static async Task ExactlyOneWins(TestCluster cluster, string onN1, string onN2)
    {
        var answers = await Task.WhenAll(Send(cluster.N1, onN1), Send(cluster.N2, onN2));
        var loser = Assert.Single(answers, answer => answer.Status != 200);
        loser.AssertRefused(409, 8);
        await cluster.AssertStates(await cluster.N1.Api.Get("instance/all"), StatesIn(answers.Single(answer => answer.Status == 200), cluster));
    }

    private static Task<Answer> Send(TestNode node, string call) => node.Api.Send(new(call.Split(' ')[0]), call.Split(' ')[1]);

    private static string[] StatesIn(Answer answer, TestCluster cluster) => [.. cluster.Nodes.Select(node => answer.State(node)!)];

    private static async Task<int> ReadUntil(TestNode node, TestCluster cluster, CancellationToken done)
    {
        var answers = 0;
        for (; !done.IsCancellationRequested; answers++)
        {
            var answer = await node.Api.Get("instance/all");
            Assert.Equal(200, answer.Status);
            Assert.True(answer.Elapsed < TimeSpan.FromSeconds(2.2), $"slow: {answer}");
            Assert.True(StatesIn(answer, cluster).Count(state => state is "master" or "single") < 2, $"two writable nodes: {answer}");
        }
        return answers;
    }
}
