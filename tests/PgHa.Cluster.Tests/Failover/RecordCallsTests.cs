using PgHa.Agent.Etcd;

namespace PgHa.Cluster.Tests.Failover;

/// <summary>The calls of an operator who answers for the record: <c>pgha record recreate</c> and <c>release</c>.</summary>
public sealed class RecordCallsTests : ClusterTest
{
    [Fact]
    public async Task The_record_of_an_etcd_that_was_made_anew_is_made_again_with_the_consent_of_all()
    {
        await using var automatic = await AutomaticCluster.Running(Keep);
        var cluster = automatic.Cluster;
        await cluster.Ledger.Insert(cluster.N1, 20);
        await cluster.Ledger.AssertOnEveryRunningNode();
        var needless = await cluster.N2.Api.PostV2("cluster/record/recreate");
        Assert.Equal(409, needless.Status);
        Assert.Contains("the record is there", needless.Message, StringComparison.Ordinal);
        foreach (var node in cluster.Nodes)
            Assert.Equal(1, await AutomaticCluster.Epoch(node)); // who never saw the record would not miss it

        foreach (var member in automatic.Etcd.Members)
        {
            await member.Kill();
            member.LoseData();
            File.Delete(member.Mark);
        }
        foreach (var member in automatic.Etcd.Members) member.Start();
        await automatic.Etcd.Works();
        await Wait.Until("N1 is fenced", () => cluster.N1.Postgres.Processes.Count == 0, 30);
        foreach (var node in cluster.Nodes)
            await Wait.Until($"{node.Name} says that the record cannot be used", async () =>
                (await AutomaticCluster.Explain(node))?.GetProperty("reason").GetString()?.Contains("etcd was emptied", StringComparison.Ordinal) == true, 20);
        Assert.False(await Seen.AcceptsWrites(cluster.N2) || await Seen.AcceptsWrites(cluster.N3));

        await cluster.N3.Agent.Freeze();
        var silent = await cluster.N2.Api.PostV2("cluster/record/recreate");
        Assert.Equal(502, silent.Status);
        Assert.Contains("pg-node03 does not answer", silent.Message, StringComparison.Ordinal);
        cluster.N3.Agent.Thaw();
        await Wait.Until("N3 is seen again", async () => (await Recreate(cluster.N2, "--dry-run")).Contains("epoch 2", StringComparison.Ordinal), 20);
        Assert.Equal("rule 3", $"rule {(await AutomaticCluster.Explain(cluster.N2))!.Value.GetProperty("row").GetInt32()}");

        Assert.Contains("done: epoch 2", await Recreate(cluster.N2, "--yes"), StringComparison.Ordinal);
        var primary = await Served(cluster, cluster.Nodes);
        await cluster.Ledger.Insert(primary);
        await cluster.Ledger.AssertOnEveryRunningNode();
        Assert.Equal(3, await AutomaticCluster.Epoch(primary));
        await Wait.Until("it is written down", async () => (await AutomaticCluster.History(primary)).Any(h => h.GetProperty("cause").GetString()!.Contains("record recreate", StringComparison.Ordinal)), 10);
        var others = cluster.Nodes.Where(n => n != primary).ToArray();
        await others[0].Agent.Kill();
        await others[0].StartAgent(); // it remembers the etcd of before only through its file
        await Wait.Until("the next run of an agent believes it, too", async () => (await AutomaticCluster.Explain(others[0]))?.GetProperty("row").GetInt32() == 12, 20);
    }

    [Fact, Trait("Category", "Long")]
    public async Task The_record_that_was_removed_is_made_again_without_a_node_that_is_gone_for_good()
    {
        await using var automatic = await AutomaticCluster.Running(Keep);
        var cluster = automatic.Cluster;
        await cluster.Ledger.Insert(cluster.N1, 20);
        await cluster.Ledger.AssertOnEveryRunningNode();
        using (var client = automatic.Etcd.Client())
            Assert.True((await client.CommitAsync(new EtcdTxn([], [new($"/pgha/test/primary", null)]), TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken)).IsOk);
        foreach (var pid in (int[])[cluster.N3.Agent.Pid, .. AutomaticCluster.Guards(cluster.N3)]) Signal.Send(pid, Signal.Kill);
        await cluster.N3.Postgres.Stop();
        await Wait.Until("N1 is fenced", () => cluster.N1.Postgres.Processes.Count == 0, 30);
        await Wait.Until("it is refused without a word for N3", async () => (await cluster.N1.Api.PostV2("cluster/record/recreate")).Message?.Contains("pg-node03 does not answer", StringComparison.Ordinal) == true, 20);
        Assert.Equal(409, (await cluster.N1.Api.PostV2("cluster/record/recreate?force=pg-node02")).Status); // its agent answers
        Assert.Equal(400, (await cluster.N1.Api.PostV2("cluster/record/recreate?force=pg-node07")).Status);

        await cluster.N3.Postgres.StartAsPrimary();
        var serves = await cluster.N1.Api.PostV2("cluster/record/recreate?force=pg-node03");
        Assert.Equal(409, serves.Status);
        Assert.Contains("still accepts writes", serves.Message, StringComparison.Ordinal);
        await cluster.N3.Postgres.Stop();

        var done = await cluster.N1.Api.PostV2("cluster/record/recreate?force=pg-node03");
        Assert.Equal(200, done.Status);
        Assert.True(done.Field("epoch")!.Value.GetInt64() > 1000, done.ToString());
        var primary = await Served(cluster, [cluster.N1, cluster.N2]);
        await cluster.Ledger.Insert(primary);
        Assert.Equal("pg-node03", (await AutomaticCluster.History(primary)).Single(h => h.GetProperty("to").GetString() == "nobody").GetProperty("cause").GetString()!.Split(' ')[^1]);
    }

    [Fact]
    public async Task A_primary_that_is_lost_before_there_was_a_record_is_replaced_by_the_call_that_explain_names()
    {
        await using var automatic = await AutomaticCluster.Running(Keep, agents: false);
        var cluster = automatic.Cluster;
        await cluster.Ledger.Insert(cluster.N1, 20);
        await cluster.Ledger.AssertOnEveryRunningNode();
        await cluster.N1.Postgres.KillAndWait();
        await cluster.N2.StartAgent();
        await cluster.N3.StartAgent();

        await Wait.Until("explain names the call", async () => (await AutomaticCluster.Command(cluster.N2, "explain")).Contains("pgha record recreate --force pg-node01", StringComparison.Ordinal), 30);
        var refused = await cluster.N2.Api.Post("instance/failover/promote?force=true");
        Assert.Equal(409, refused.Status);
        Assert.Contains("pgha record recreate --force NODE", refused.Hint, StringComparison.Ordinal);
        Assert.False(await Seen.AcceptsWrites(cluster.N2) || await Seen.AcceptsWrites(cluster.N3));

        Assert.Contains("done: epoch 1001", await AutomaticCluster.Command(cluster.N2, "record", "recreate", "--yes", "--force", "pg-node01"), StringComparison.Ordinal);
        var primary = await Served(cluster, [cluster.N2, cluster.N3]);
        await cluster.Ledger.Insert(primary);
        await cluster.Ledger.AssertOnEveryRunningNode();
        await cluster.N1.StartAgent(); // it is back all the same
        await Wait.Until("N1 follows", () => Seen.Follows(cluster.N1, primary), 60);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Fact, Trait("Category", "Long")]
    public async Task The_record_of_a_holder_that_is_gone_is_given_up_so_that_nobody_waits()
    {
        await using var automatic = await AutomaticCluster.Running(Keep, TimeSpan.FromMinutes(2));
        var cluster = automatic.Cluster;
        await cluster.Ledger.Insert(cluster.N1, 20);
        await cluster.Ledger.AssertOnEveryRunningNode();
        const string call = "cluster/record/release?node=pg-node01";
        Assert.Contains("the agent of pg-node01 answers", (await cluster.N2.Api.PostV2(call)).Message, StringComparison.Ordinal);

        foreach (var pid in (int[])[cluster.N1.Agent.Pid, .. AutomaticCluster.Guards(cluster.N1)]) Signal.Send(pid, Signal.Kill);
        await Wait.Until("its agent is gone", () => !cluster.N1.Agent.IsRunning);
        var serves = await cluster.N2.Api.PostV2(call);
        Assert.Equal(409, serves.Status);
        Assert.Contains("still accepts writes", serves.Message, StringComparison.Ordinal);
        await cluster.N1.Postgres.KillAndWait();

        Assert.Equal(200, (await cluster.N2.Api.PostV2(call + "&dryRun=true")).Status);
        Assert.Equal(200, (await cluster.N2.Api.PostV2(call)).Status);
        var primary = await Served(cluster, [cluster.N2, cluster.N3]); // long before two minutes are over
        await cluster.Ledger.Insert(primary);
        await cluster.N1.StartAgent();
        await Wait.Until("N1 follows", () => Seen.Follows(cluster.N1, primary), 40);
        await cluster.Ledger.AssertOnEveryRunningNode();
        Assert.Contains(await AutomaticCluster.History(primary), h => h.GetProperty("cause").GetString()!.Contains("record release, who answers for pg-node01", StringComparison.Ordinal));
    }

    private static Task<string> Recreate(TestNode node, string how) => AsPostgres.Run(AgentProcess.Binary, "record", "recreate", "--config", node.Agent.ConfigFile, how);

    private static async Task<TestNode> Served(TestCluster cluster, IReadOnlyList<TestNode> among)
    {
        TestNode? primary = null;
        await Wait.Until("a node serves, and the others follow", async () =>
        {
            foreach (var node in among)
                if (await Seen.AcceptsWrites(node)) primary = node;
            return primary is not null && (await Task.WhenAll(among.Where(n => n != primary).Select(n => Seen.Follows(n, primary)))).All(f => f);
        }, 60);
        Assert.Single(await Task.WhenAll(cluster.Nodes.Select(Seen.AcceptsWrites)), accepts => accepts);
        return primary!;
    }
}
