using PgHa.Cluster.Tests.ThreeNodes;

namespace PgHa.Cluster.Tests.Refusals;

/// <summary>Every refusal names a way out that works: whoever follows the hints gets there, and nothing acknowledged is lost on the way.</summary>
public sealed class WayOutTests : ClusterTest
{
    [Theory]
    [InlineData("POST N1 instance/slave"), InlineData("POST N2 instance/failover/promote")]
    public async Task With_both_running(string goal) => await Follow(await BothRunning(), goal);

    [Theory, Trait("Category", "Long")]
    [InlineData("POST N2 instance/master"), InlineData("POST N1 instance/failover/restart"), InlineData("POST N2 instance/failover/restart")]
    public async Task With_both_running_too(string goal) => await Follow(await BothRunning(), goal);

    [Theory, Trait("Category", "Long")]
    [InlineData("POST N1 instance/slave"), InlineData("POST N2 instance/slave?rejoin=reclone"), InlineData("POST N1 instance/switchover/masterSlave"), InlineData("POST N2 instance/failover/promote")]
    public async Task With_both_stopped(string goal) => await Follow(await BothStopped(), goal);

    [Fact, Trait("Category", "Long")]
    public async Task With_the_standby_stopped()
    {
        var cluster = await BothRunning();
        await cluster.Play("DELETE N2 instance/current → single, inactive");
        await Follow(cluster, "POST N2 instance/switchover/masterSlave?by=promote");
    }

    [Theory]
    [InlineData("POST N1 instance/all")]
    public async Task With_a_fork_and_both_stopped(string goal) => await Fork(goal);

    [Theory, Trait("Category", "Long")]
    [InlineData("POST N2 instance/master"), InlineData("POST N1 instance/slave"), InlineData("POST N2 instance/switchover/masterSlave")]
    public async Task With_a_fork_and_both_stopped_too(string goal) => await Fork(goal);

    [Theory, Trait("Category", "Long")]
    [InlineData("POST N2 instance/all"), InlineData("POST N2 instance/master"), InlineData("POST N2 instance/failover/promote"), InlineData("POST N1 instance/slave?rejoin=rewind")]
    public async Task With_the_last_primary_unreadable(string goal)
    {
        var cluster = await PrimaryStopped();
        var away = cluster.N1.In("unmounted");
        Directory.Move(cluster.N1.Postgres.DataDirectory, away);
        await AsPostgres.Run("/bin/mkdir", "-m", "700", cluster.N1.Postgres.DataDirectory);
        await Follow(cluster, goal, () =>
        {
            Directory.Delete(cluster.N1.Postgres.DataDirectory);
            Directory.Move(away, cluster.N1.Postgres.DataDirectory);
            return Task.CompletedTask;
        });
    }

    /// <summary>It stays in recovery for ever, though its next start makes it primary.</summary>
    [Fact, Trait("Category", "Long")]
    public async Task With_a_running_standby_whose_signal_was_removed()
    {
        var cluster = await PrimaryStopped();
        File.Delete(cluster.N2.Postgres.InData("standby.signal"));
        await Follow(cluster, "POST N2 instance/failover/promote");
    }

    [Theory, Trait("Category", "Long")]
    [InlineData("POST N1 instance/slave"), InlineData("POST N2 instance/master"), InlineData("POST N1 instance/switchover/masterSlave?by=promote")]
    public async Task With_a_primary_that_was_demoted(string goal)
    {
        var cluster = await BothRunning();
        await AsPostgres.Run("/usr/bin/touch", cluster.N1.Postgres.InData("standby.signal"));
        await Follow(cluster, goal);
    }

    [Theory]
    [InlineData("POST N1 instance/switchover/masterSlave")]
    public async Task With_agents_that_disagree(string goal)
    {
        var cluster = await BothRunning();
        var right = await File.ReadAllTextAsync(cluster.N2.Agent.ConfigFile, TestContext.Current.CancellationToken);
        await cluster.N2.AddUnknownNode();
        await Restart(cluster.N2);
        await Follow(cluster, goal, async () =>
        {
            await File.WriteAllTextAsync(cluster.N2.Agent.ConfigFile, right, TestContext.Current.CancellationToken);
            await Restart(cluster.N2);
        });
    }

    [Theory, Trait("Category", "Long")]
    [InlineData("DELETE N1 instance/current"), InlineData("POST N1 instance/switchover/masterSlave")]
    public async Task With_a_server_that_somebody_owns(string goal)
    {
        var cluster = await BothRunning();
        await using var supervisor = await Supervisor.Owning(cluster.N1);
        await Wait.Until("N2 streams", () => cluster.N2.Postgres.StreamsFrom(cluster.N1.Postgres));
        await Follow(cluster, goal, async () => await supervisor.DisposeAsync());
    }

    [Theory, Trait("Category", "Long")]
    [InlineData("POST N1 instance/switchover/masterSlave"), InlineData("DELETE N2 instance/current")]
    public async Task With_a_journal_that_cannot_be_written(string goal)
    {
        var cluster = await BothRunning();
        var journal = Path.Combine(cluster.Nodes[goal[6] is '1' or '2' ? goal[6] - '1' : goal[8] - '1'].In("state"), "operations");
        Directory.Delete(journal, recursive: true);
        await File.WriteAllTextAsync(journal, "", TestContext.Current.CancellationToken);
        await Follow(cluster, goal, async () =>
        {
            File.Delete(journal);
            await AsPostgres.Run("/bin/mkdir", journal);
        });
    }

    [Theory, Trait("Category", "Long")]
    [InlineData("POST N2 instance/slave", true), InlineData("POST N1 instance/switchover/masterSlave", true), InlineData("POST N1 instance/master", false), InlineData("POST N1 instance/all", false), InlineData("POST N2 instance/master", false)]
    public async Task With_WAL_of_the_standby_missing(string goal, bool primaryRuns)
    {
        var cluster = await BothRunning();
        await cluster.Play("DELETE N2 instance/current → single, inactive");
        if (!primaryRuns) await cluster.Play("DELETE N1 instance/current → inactive, inactive");
        var wal = cluster.N2.Segments().Select(name => cluster.N2.Wal(name)).ToArray();
        var kept = cluster.N2.In("kept");
        await AsPostgres.Run("/bin/mkdir", kept);
        foreach (var file in wal) File.Move(file, Path.Combine(kept, Path.GetFileName(file)));
        await Follow(cluster, goal, () =>
        {
            foreach (var file in wal) File.Move(Path.Combine(kept, Path.GetFileName(file)), file);
            return Task.CompletedTask;
        });
    }

    [Theory, Trait("Category", "Long")]
    [InlineData("POST N2 instance/failover/promote"), InlineData("POST N2 instance/failover/restart"), InlineData("POST N2 instance/slave"), InlineData("POST N2 instance/switchover/masterSlave")]
    public async Task With_the_primary_gone_with_its_agent(string goal)
    {
        var cluster = await BothRunning();
        await cluster.Ledger.Insert(cluster.N1);
        await Wait.Until("N2 has all", async () => await cluster.N2.Postgres.Ask<long>("SELECT count(*) FROM ledger") == cluster.Ledger.Count);
        await cluster.N1.Agent.Kill();
        await cluster.N1.Postgres.KillAndWait();
        await Follow(cluster, goal, cluster.N1.StartAgent);
    }

    [Theory, Trait("Category", "Long")]
    [InlineData("POST N1 instance/switchover/masterSlave"), InlineData("POST N2 instance/slave"), InlineData("DELETE N1 instance/all")]
    public async Task With_a_frozen_standby(string goal)
    {
        var cluster = await BothRunning();
        await cluster.N2.Postgres.Freeze();
        await Follow(cluster, goal, () =>
        {
            cluster.N2.Postgres.Thaw();
            return Task.CompletedTask;
        });
    }

    [Theory, Trait("Category", "Long")]
    [InlineData("POST N3 instance/failover/promote"), InlineData("POST N3 instance/failover/restart"), InlineData("POST N1 instance/failover/promote?to=pg-node03")]
    public async Task With_three_nodes_of_which_one_is_ahead(string goal)
    {
        var cluster = await ThreeRunning();
        await cluster.OnlyOneReceives(cluster.N2, cluster.N3);
        await cluster.N1.Postgres.KillAndWait();
        await Follow(cluster, goal);
    }

    /// <summary>After the way out one node is writable at most, and it has every acknowledged row.</summary>
    private static async Task Follow(TestCluster cluster, string goal, Func<Task>? byHand = null)
    {
        await new Operator(cluster, byHand).Reach(goal);
        if (cluster.Nodes.Any(node => node.Postgres.IsRunning))
            await cluster.Ledger.AssertOnEveryRunningNode();
    }

    /// <summary>N1 and N2 each hold rows of their own, which nobody acknowledged to the ledger.</summary>
    private async Task Fork(string goal)
    {
        var cluster = await BothRunning();
        await cluster.Ledger.Insert(cluster.N1);
        await Wait.Until("N2 has all", async () => await cluster.N2.Postgres.Ask<long>("SELECT count(*) FROM ledger") == cluster.Ledger.Count);
        await cluster.Play("DELETE N1 instance/masterSlave → inactive, inactive");
        await cluster.N1.Postgres.WriteAlone();
        await cluster.N2.Postgres.WriteAlone();
        await Follow(cluster, goal, cluster.Nodes[goal == "POST N2 instance/master" ? 1 : 0].Postgres.StartAsPrimary);
    }

    private static async Task Restart(TestNode node)
    {
        await node.Agent.Stop();
        await node.StartAgent();
    }
}
