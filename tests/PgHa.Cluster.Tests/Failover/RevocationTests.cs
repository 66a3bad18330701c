namespace PgHa.Cluster.Tests.Failover;

/// <summary>Quorum revocation, on real servers, agents, guards and etcd: the voters pledge, and nobody waits until the record of the lost primary has run out.</summary>
public sealed class RevocationTests : ClusterTest
{
    /// <summary>Long enough that it cannot be taken for anything else.</summary>
    private static readonly TimeSpan D = TimeSpan.FromSeconds(12);

    [Fact]
    public async Task When_the_primarys_machine_is_lost_the_voters_pledge_and_another_node_serves_long_before_the_record_has_run_out()
    {
        await using var automatic = await AutomaticCluster.Running(Keep, D, sync: "quorum");
        var cluster = automatic.Cluster;
        await SyncFailoverTests.WaitsFor(cluster.N1, cluster.N2, cluster.N3);
        TimeSpan took;
        await using (new WritingClients(cluster))
        {
            await SyncFailoverTests.Written(cluster, cluster.N1);
            await AutomaticCluster.Lose(cluster.N1);
            took = await Wait.Until("another node serves", async () => await SyncFailoverTests.Accepts(cluster.N2) || await SyncFailoverTests.Accepts(cluster.N3), 40);
            await SyncFailoverTests.Written(cluster, await SyncFailoverTests.Accepts(cluster.N2) ? cluster.N2 : cluster.N3);
        }
        TestContext.Current.TestOutputHelper?.WriteLine($"another node served after {took.TotalSeconds:0.00} s");
        Assert.True(took < D / 2, $"it took {took.TotalSeconds:0.0} s");
        var primary = await SyncFailoverTests.Accepts(cluster.N2) ? cluster.N2 : cluster.N3;
        var other = primary == cluster.N2 ? cluster.N3 : cluster.N2;
        await AutomaticCluster.Holds(primary);
        await SyncFailoverTests.WaitsFor(primary, other);
        await IsRevoked(primary);
        await cluster.N1.StartAgent();
        await Wait.Until("N1 follows", () => AutomaticCluster.Follows(cluster.N1, primary), 60);
        await SyncFailoverTests.WaitsFor(primary, [.. cluster.Nodes.Where(n => n != primary)]);
        foreach (var node in cluster.Nodes)
            await Wait.Until($"nothing of a pledge is left on {node.Name}", () => !File.Exists(Note(node)), 20);
        await cluster.Ledger.AssertOnEveryRunningNode();
        cluster.Ledger.Reigns();
    }

    [Fact, Trait("Category", "Long")]
    public async Task Where_revocation_is_off_nobody_is_promoted_before_the_record_has_run_out()
    {
        await using var automatic = await AutomaticCluster.Running(Keep, D, sync: "quorum", more: "revocation: off");
        var cluster = automatic.Cluster;
        await SyncFailoverTests.WaitsFor(cluster.N1, cluster.N2, cluster.N3);
        await cluster.Ledger.Insert(cluster.N1, 20);
        await AutomaticCluster.Lose(cluster.N1);
        var took = await Wait.Until("another node serves", async () => await SyncFailoverTests.Accepts(cluster.N2) || await SyncFailoverTests.Accepts(cluster.N3), 40);
        Assert.True(took > D * 0.8, $"it took {took.TotalSeconds:0.0} s"); // the last renewal was up to D / 6 before
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    /// <summary>Agent, guard and server stand still, and go on when another node serves: nothing that they acknowledge then is missing there.</summary>
    [Fact]
    public async Task A_primary_that_was_frozen_acknowledges_nothing_that_the_new_line_lacks()
    {
        await using var automatic = await AutomaticCluster.Running(Keep, D, rejoin: "reclone", sync: "quorum"); // what it wrote and did not acknowledge parts it from the new line
        var cluster = automatic.Cluster;
        await SyncFailoverTests.WaitsFor(cluster.N1, cluster.N2, cluster.N3);
        await using (new WritingClients(cluster))
        {
            await SyncFailoverTests.Written(cluster, cluster.N1);
            int[] frozen = [cluster.N1.Agent.Pid, .. AutomaticCluster.Guards(cluster.N1), .. cluster.N1.Postgres.Processes];
            foreach (var pid in frozen) Signal.Send(pid, Signal.Stop);
            var took = await Wait.Until("another node serves", async () => await SyncFailoverTests.Accepts(cluster.N2) || await SyncFailoverTests.Accepts(cluster.N3), 60);
            TestContext.Current.TestOutputHelper?.WriteLine($"another node served after {took.TotalSeconds:0.00} s");
            foreach (var pid in cluster.N1.Postgres.Processes) Signal.Send(pid, Signal.Continue); // first the server alone: nothing stops it yet
            await Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
            foreach (var pid in frozen) Signal.Send(pid, Signal.Continue);
            await SyncFailoverTests.Written(cluster, await SyncFailoverTests.Accepts(cluster.N2) ? cluster.N2 : cluster.N3);
        }
        var primary = await SyncFailoverTests.Accepts(cluster.N2) ? cluster.N2 : cluster.N3;
        await AutomaticCluster.Holds(primary);
        await IsRevoked(primary);
        await Wait.Until("N1 follows", () => AutomaticCluster.Follows(cluster.N1, primary), 60);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    /// <summary>The startup process of one voter is frozen, so that it cannot be cut off, and the pledge of the other one is not enough. Its agent dies while it stands.</summary>
    [Fact, Trait("Category", "Long")]
    public async Task A_pledge_in_vain_is_taken_back_also_by_the_next_run_of_the_agent_and_the_voter_receives_again()
    {
        await using var automatic = await AutomaticCluster.Running(Keep, TimeSpan.FromSeconds(30), sync: "quorum");
        var cluster = automatic.Cluster;
        await SyncFailoverTests.WaitsFor(cluster.N1, cluster.N2, cluster.N3);
        await cluster.Ledger.Insert(cluster.N1, 20);
        var startup = cluster.N3.Postgres.Processes.Intersect(ServerProcesses.Commanded(line => line.Contains("startup", StringComparison.Ordinal))).Single();
        Signal.Send(startup, Signal.Stop);
        int[] frozen = [cluster.N1.Agent.Pid, .. AutomaticCluster.Guards(cluster.N1), .. cluster.N1.Postgres.Processes];
        foreach (var pid in frozen) Signal.Send(pid, Signal.Stop);
        await Wait.Until("N2 pledges", () => Says(cluster.N2, "has pledged that for epoch 2"), 20);
        await cluster.N2.Agent.Kill();
        Assert.True(File.Exists(Note(cluster.N2)));
        Assert.Equal("", await cluster.N2.Postgres.Ask<string>("SHOW primary_conninfo"));
        await cluster.N2.StartAgent();
        await Wait.Until("N2 takes it back", () => Says(cluster.N2, "has taken its pledge back"), 10);
        foreach (var pid in frozen) Signal.Send(pid, Signal.Continue);
        await Wait.Until("N2 receives again", () => AutomaticCluster.Follows(cluster.N2, cluster.N1), 30);
        Assert.False(File.Exists(Note(cluster.N2)));
        await cluster.Ledger.Insert(cluster.N1, 20);
        Signal.Send(startup, Signal.Continue);
        await Wait.Until("N3 receives again", () => AutomaticCluster.Follows(cluster.N3, cluster.N1), 30);
        await Wait.Until("nothing of its pledge is left", () => !File.Exists(Note(cluster.N3)), 20);
        await AutomaticCluster.Holds(cluster.N1);
        Assert.Equal(1, await AutomaticCluster.Epoch(cluster.N1));
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    private static bool Says(TestNode node, string words) => File.ReadLines(node.Agent.LogFile).Any(line => line.Contains(words, StringComparison.Ordinal));

    private static async Task IsRevoked(TestNode primary)
    {
        await Wait.Until("the history has it", async () => (await AutomaticCluster.History(primary)).Any(e => e.GetProperty("epoch").GetInt64() == 2), 10);
        Assert.Contains("is revoked by pg-node02 and pg-node03, which have pledged", (await AutomaticCluster.History(primary)).Single(e => e.GetProperty("epoch").GetInt64() == 2).GetProperty("cause").GetString(),
            StringComparison.Ordinal);
    }

    internal static string Note(TestNode node) => Path.Combine(node.In("state"), "pledge.json");
}
