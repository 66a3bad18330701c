namespace PgHa.Cluster.Tests.Safety;

/// <summary>Random calls on random nodes, agents and servers killed in between, writers hammering both nodes throughout.</summary>
public sealed class RandomWalkTests : ClusterTest
{
    private static readonly string[] Calls =
    [
        "POST instance/current", "POST instance/master", "POST instance/slave", "POST instance/all",
        "POST instance/failover/restart", "POST instance/failover/promote", "POST node/promote",
        "POST instance/switchover/masterSlave", "POST instance/switchover/slaveMaster", "POST instance/all", "POST instance/slave",
        "DELETE instance/current", "DELETE instance/master", "DELETE instance/slave", "DELETE instance/slaveMaster", "DELETE instance/masterSlave",
    ];

    [Theory, Trait("Category", "Long")]
    [InlineData(1, false), InlineData(2, false), InlineData(3, true), InlineData(4, true), InlineData(7, true), InlineData(8, true)]
    public Task Nothing_acknowledged_is_lost_over_many_random_calls(int seed, bool withCrashes) => Walk(seed, 120, withCrashes);

    [Fact]
    public Task Nothing_acknowledged_is_lost_over_some_random_calls() => Walk(2026, 30, withCrashes: false);

    [Theory, Trait("Category", "Long")]
    [InlineData(5), InlineData(6)]
    public Task Nothing_acknowledged_is_lost_under_two_operators_who_do_not_know_of_each_other(int seed) => TwoOperators(seed, 80);

    [Fact]
    public Task Two_operators_who_do_not_know_of_each_other_lose_nothing() => TwoOperators(2027, 15);

    private async Task TwoOperators(int seed, int calls)
    {
        var cluster = await BothRunning();
        await using (new WritingClients(cluster))
        {
            await Task.WhenAll(Operator(cluster, new(seed), calls), Operator(cluster, new(seed + 1000), calls));
            await BringUp(cluster);
        }
        await cluster.Ledger.AssertOnEveryRunningNode();
        cluster.Ledger.Reigns();
    }

    private static async Task Operator(TestCluster cluster, Random random, int calls)
    {
        for (var i = 0; i < calls; i++) await RandomCall(cluster, random);
    }

    private async Task Walk(int seed, int steps, bool withCrashes)
    {
        var random = new Random(seed);
        var cluster = await BothRunning();
        await using (new WritingClients(cluster))
        {
            for (var i = 0; i < steps; i++)
            {
                if (withCrashes && random.Next(8) == 0) await Crash(cluster, random);
                await OneCall(cluster, random);
            }
            await BringUp(cluster);
        }
        await cluster.Ledger.AssertOnEveryRunningNode();
        cluster.Ledger.Reigns();
    }

    private static async Task OneCall(TestCluster cluster, Random random)
    {
        var answer = await RandomCall(cluster, random);
        var seen = await Task.WhenAll(cluster.Nodes.Select(node => node.Api.Get("instance/all")));
        Assert.True(answer.Status != 200 || seen.All(each => Roles(each) == Roles(answer)), $"{answer}\nbut {string.Join('\n', seen.AsEnumerable())}");
        Assert.All(seen, each => Assert.True(cluster.Nodes.Count(node => each.State(node) is "master" or "single") < 2, each.ToString()));
    }

    /// <summary>Whether a standby streams at this moment may change by itself between two answers.</summary>
    private static string Roles(Answer answer) =>
        answer.Body.Replace("\"slave\"", "\"recovery\"", StringComparison.Ordinal).Replace("\"master\"", "\"single\"", StringComparison.Ordinal);

    private static async Task<Answer> RandomCall(TestCluster cluster, Random random)
    {
        var words = Calls[random.Next(Calls.Length)].Split(' ');
        var answer = await cluster.Nodes[random.Next(2)].Api.Send(new(words[0]), words[1]);
        if (answer.Status != 200) answer.AssertRefused(409, answer.Code ?? -1);
        return answer;
    }

    private static async Task Crash(TestCluster cluster, Random random)
    {
        var node = cluster.Nodes[random.Next(2)];
        if (random.Next(2) == 0 && node.Postgres.IsRunning) await node.Postgres.KillAndWait();
        await node.Agent.Kill();
        await node.StartAgent();
    }

    private static async Task BringUp(TestCluster cluster)
    {
        foreach (var path in new[] { "instance/all", "instance/all", "instance/slave" })
            foreach (var node in cluster.Nodes)
                if ((await node.Api.Post(path)).Status == 200 && cluster.Nodes.All(each => each.Postgres.IsRunning)) return;
        Assert.Fail("the pair does not come up again");
    }
}
