namespace PgHa.Cluster.Tests.Agreement;

/// <summary>Agents whose files describe different clusters: nothing but reads and DELETE, and never two writable nodes.</summary>
public sealed class DisagreementTests : ClusterTest
{
    private const int Disagree = 7;

    private static readonly string[] Changes =
    [
        "instance/master", "instance/current", "instance/slave", "instance/all", "instance/all?force=true", "instance/failover/promote?force=true",
        "instance/failover/restart", "instance/switchover/masterSlave", "instance/switchover/masterSlave?by=promote", "data/clone", "slots/file",
    ];

    [Fact]
    public async Task A_node_that_only_its_own_file_lists_can_do_nothing_beside_the_others()
    {
        var cluster = Keep(await TestCluster.AllStopped(3, OnlyN3ListsN3));
        await using var watch = new WriterWatch(cluster);
        AssertNames(await cluster.N3.Api.Post("instance/master"), "only pg-node03 lists node pg-node03");
        Assert.Equal("""{"pg-node01":"master","pg-node02":"slave"}""", (await cluster.N1.Api.Post("instance/all")).Body);
        await AllRefused(cluster.N3);
        Assert.Equal(cluster.N1, await cluster.Writable());
        Assert.Equal([cluster.N1], watch.AssertOneWriter());
        Assert.Equal("slave", (await cluster.N3.Api.Get("instance/all")).State(cluster.N2));
        Assert.Equal(200, (await cluster.N3.Api.Delete("instance/all")).Status);
        Assert.All(cluster.Nodes, node => Assert.False(node.Postgres.IsRunning));
    }

    [Fact]
    public async Task The_others_go_on_and_the_check_of_both_sides_says_what_differs()
    {
        var cluster = Keep(await TestCluster.AllStopped(3, OnlyN3ListsN3));
        Assert.Equal(200, (await cluster.N1.Api.Post("instance/all")).Status);
        Assert.Contains("exit=0", await Check(cluster.N1), StringComparison.Ordinal);
        var check = await Check(cluster.N3);
        Assert.Contains("exit=1", check, StringComparison.Ordinal);
        Assert.Contains("FAIL  pg-node01: its agent lists the same cluster and nodes: the agents disagree about the cluster: only this file lists node pg-node03", check, StringComparison.Ordinal);
        Assert.Equal(200, (await cluster.N1.Api.Post("instance/switchover/masterSlave?by=promote")).Status);
        Assert.Equal(cluster.N2, await cluster.Writable());
    }

    [Theory]
    [InlineData("cluster: test", "cluster: tset", "lists the cluster name tset")]
    [InlineData("postgres: \"127.0.0.1:", "postgres: \"127.0.0.3:", "only pg-node02 lists node pg-node01 (agent http://127.0.0.1:")]
    [InlineData("node: pg-node02", "node: pg-node01", "the agent at the address of pg-node02 says that it is pg-node01")]
    public async Task One_file_that_differs_stops_all_changes_until_it_is_corrected(string what, string to, string named)
    {
        var cluster = await BothRunning();
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.N2.Agent.Stop();
        await cluster.N2.ChangeAgentConfig(what, to);
        await cluster.N2.StartAgent();
        await cluster.AssertUnchanged(async () =>
        {
            foreach (var node in cluster.Nodes)
                await AllRefused(node, named);
            (await cluster.N1.Api.PostV2("node/checkpoint")).AssertRefused(409, Disagree);
        });
        await cluster.Ledger.Insert(cluster.N1);
        Assert.Equal("slave", (await cluster.N1.Api.Get("instance/all")).State(cluster.N2));
        Assert.Contains("exit=1", await Check(cluster.N1), StringComparison.Ordinal);
        await cluster.N2.Agent.Stop();
        await cluster.N2.ChangeAgentConfig(to, what);
        await cluster.N2.StartAgent();
        await cluster.WaitForStates("master", "slave");
        await cluster.Play("POST N1 instance/switchover/masterSlave?by=promote → slave, master");
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Fact]
    public async Task While_they_disagree_every_form_of_stop_works()
    {
        var cluster = await BothRunning();
        await Restart(cluster.N2, "cluster: test", "cluster: tset");
        await cluster.Play("DELETE N1 instance/slave → single, inactive");
        await cluster.Play("DELETE N2 instance/master → inactive, inactive");
        (await cluster.N1.Api.Post("instance/all")).AssertRefused(409, Disagree);
        await Restart(cluster.N2, "cluster: tset", "cluster: test");
        await cluster.Play("POST N1 instance/all → master, slave");
        await Restart(cluster.N2, "cluster: test", "cluster: tset");
        await cluster.Play("DELETE N2 instance/all → inactive, inactive");
    }

    [Fact]
    public async Task A_step_of_an_agent_that_disagrees_is_refused_though_its_operation_holds_the_lock()
    {
        var cluster = await BothRunning();
        await cluster.N1.Api.TakeLock("theirs", cluster.N1);
        var refused = await cluster.N1.Api.Send(HttpMethod.Post, "../v2/node/checkpoint", null, TestContext.Current.CancellationToken, "theirs", digest: "another");
        Assert.Equal(Disagree, refused.Field("failure")!.Value.GetProperty("code").GetInt32());
        Assert.Null((await cluster.N1.Api.PostV2("node/checkpoint", "theirs")).Field("failure"));
    }

    [Fact]
    public async Task It_is_shown_by_the_facts_and_warned_of_once_in_the_log()
    {
        var cluster = await BothRunning();
        await Restart(cluster.N2, "cluster: test", "cluster: tset");
        for (var i = 0; i < 3; i++)
        {
            var seen = (await OperationWatch.Look(cluster.N1, "cluster")).EnumerateArray().Select(n => n.GetProperty("identity").GetProperty("cluster").GetString());
            Assert.Equal(["test", "tset"], seen);
        }
        Assert.Single(File.ReadLines(cluster.N1.Agent.LogFile), line => line.Contains("disagree about the cluster", StringComparison.Ordinal) && line.Contains(" warning ", StringComparison.Ordinal));
    }

    private static Task OnlyN3ListsN3(TestCluster cluster)
    {
        foreach (var node in cluster.Nodes.Take(2)) NodeFiles.WriteAgentConfig(node, cluster.Nodes.Take(2));
        return Task.CompletedTask;
    }

    private static async Task Restart(TestNode node, string what, string to)
    {
        await node.Agent.Stop();
        await node.ChangeAgentConfig(what, to);
        await node.StartAgent();
    }

    private static async Task AllRefused(TestNode node, string named = "disagree about the cluster")
    {
        foreach (var change in Changes) AssertNames(await node.Api.Post(change), named);
    }

    private static void AssertNames(Answer answer, string named)
    {
        answer.AssertRefused(409, Disagree);
        Assert.Contains(named, answer.Message, StringComparison.Ordinal);
    }

    private static Task<string> Check(TestNode node) =>
        AsPostgres.Run("/bin/sh", "-c", "\"$0\" config check --peers --config \"$1\" 2>&1; echo exit=$?", AgentProcess.Binary, node.Agent.ConfigFile);
}
