namespace PgHa.Cluster.Tests.Harness;

/// <summary>Plays scripts on a cluster, checking each step.</summary>
internal static class Script
{
    public static async Task Play(this TestCluster cluster, string script)
    {
        var timeline = 0;
        foreach (var step in Step.Parse(script))
        {
            switch (step)
            {
                case Step.Call call:
                    await cluster.AssertStates(await cluster.Send(call.Method, call.Node, call.Path), call.States);
                    break;
                case Step.EventualCall call:
                    var answer = await cluster.Send(call.Method, call.Node, call.Path);
                    Assert.True(answer.Status == 200, answer.ToString());
                    await cluster.WaitForStates(call.States);
                    break;
                case Step.RefusedCall call:
                    (await cluster.Send(call.Method, call.Node, call.Path)).AssertRefused(call.Status, call.Code);
                    break;
                case Step.Insert:
                    timeline = await cluster.Insert();
                    break;
                case Step.Timeline expected:
                    Assert.Equal(timeline + expected.Difference, await (await cluster.Writable()).Postgres.Timeline());
                    break;
            }
        }
    }

    /// <summary>The answer, and the very next GET instance/all on every agent that runs, give exactly these states in configuration order.</summary>
    public static async Task AssertStates(this TestCluster cluster, Answer answer, params string[] states)
    {
        var expected = cluster.Map(states);
        var seen = await Task.WhenAll(cluster.Nodes.Where(node => node.Agent.IsRunning).Select(node => node.Api.Get("instance/all")));
        foreach (var each in seen.Prepend(answer))
            Assert.True(each.Status == 200 && each.Body == expected, $"expected {expected}, but {each}\nafter {answer}");
    }

    /// <summary>Waits until every agent that runs gives these states. A standby alone retries every 5 s, and may need two rounds of that.</summary>
    public static Task<TimeSpan> WaitForStates(this TestCluster cluster, params string[] states) =>
        Wait.Until($"states {cluster.Map(states)}", async () =>
        {
            var seen = await Task.WhenAll(cluster.Nodes.Where(node => node.Agent.IsRunning).Select(node => node.Api.Get("instance/all")));
            return seen.All(answer => answer.Body == cluster.Map(states));
        }, 30);

    public static void AssertRefused(this Answer answer, int status, int code)
    {
        Assert.True(answer.Status == status && answer.Code == code, $"expected {status}, code {code}, but {answer}");
        Assert.False(string.IsNullOrWhiteSpace(answer.Message), $"no message: {answer}");
        Assert.False(string.IsNullOrWhiteSpace(answer.Hint), $"no hint: {answer}");
    }

    /// <summary>The one node that runs and is not in recovery.</summary>
    public static async Task<TestNode> Writable(this TestCluster cluster)
    {
        var writable = new List<TestNode>();
        foreach (var node in cluster.Nodes.Where(node => node.Postgres.IsRunning))
            if (!await node.Postgres.Ask<bool>("SELECT pg_is_in_recovery()")) writable.Add(node);
        return Assert.Single(writable);
    }

    public static Task<Answer> Send(this TestCluster cluster, HttpMethod method, int node, string path) =>
        cluster.Nodes[node - 1].Api.Send(method, path);

    private static async Task<int> Insert(this TestCluster cluster)
    {
        var node = await cluster.Writable();
        await cluster.Ledger.Insert(node);
        return await node.Postgres.Timeline();
    }

    private static string Map(this TestCluster cluster, string[] states) =>
        $"{{{string.Join(',', cluster.Nodes.Zip(states, (node, state) => $"\"{node.Name}\":\"{state}\""))}}}";
}
