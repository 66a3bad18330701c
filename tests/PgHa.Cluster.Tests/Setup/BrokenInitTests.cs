namespace PgHa.Cluster.Tests.Setup;

/// <summary>A new cluster whose making is broken off is made by the agent when it is back, or leaves nothing behind.</summary>
[Trait("Category", "Long")]
public sealed class BrokenInitTests : BootstrapTest
{
    [Fact]
    public async Task The_agent_is_killed_while_initdb_runs_and_makes_the_cluster_when_it_is_back()
    {
        var cluster = await Empty();
        var call = cluster.N1.Api.Post("data/init");
        await InTheMiddle(cluster.N1, call);
        await cluster.N1.Agent.Kill();
        await Task.WhenAny(call); // broken off
        Assert.Empty(Directory.GetFileSystemEntries(cluster.N1.Postgres.DataDirectory));
        await cluster.N1.StartAgent();
        await OperationWatch.NothingOpen(cluster.N1);
        await BecomesAPair(cluster);
    }

    [Fact]
    public async Task The_agent_is_killed_before_the_start_and_starts_the_cluster_when_it_is_back()
    {
        var cluster = await Empty();
        var operation = await OperationWatch.Begin(cluster.N1, HttpMethod.Post, "data/init");
        await operation.AdvanceTo(2);
        await cluster.N1.Agent.Kill();
        await cluster.N1.StartAgent();
        var (how, report) = await operation.End();
        Assert.True(how == "done", report);
        await BecomesAPair(cluster);
    }

    [Fact]
    public async Task The_agent_is_stopped_while_initdb_runs_and_leaves_nothing()
    {
        var cluster = await Empty();
        var call = cluster.N1.Api.Post("data/init");
        await InTheMiddle(cluster.N1, call);
        await cluster.N1.Agent.Stop();
        await Task.WhenAny(call); // broken off
        Assert.Empty(Directory.GetFileSystemEntries(cluster.N1.Postgres.DataDirectory));
        Assert.False(Directory.Exists(Side(cluster.N1)));
        await cluster.N1.StartAgent();
        await OperationWatch.NothingOpen(cluster.N1);
        await BecomesAPair(cluster);
    }

    [Fact]
    public async Task The_disk_fills_up_while_initdb_runs()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: it mounts a file system");
        var cluster = await Empty(prepare: node => node.ChangeAgentConfig($"data_dir: {node.Postgres.DataDirectory}", $"data_dir: {node.In("small/data")}"));
        await using (var small = await SmallDisk.Mount(cluster.N1.In("small"), megabytes: 300))
        {
            var call = cluster.N1.Api.Post("data/init");
            await Wait.Until("initdb is at work", () => Directory.Exists(cluster.N1.In("small/data.pgha-side/global")), 30);
            await small.FillUp();
            var answer = await call;
            answer.AssertRefused(500, 9);
            Assert.Contains("No space left on device", answer.Message, StringComparison.Ordinal);
            Assert.Contains("disk", answer.Hint, StringComparison.Ordinal);
            Assert.Equal(["hog"], Directory.GetFileSystemEntries(small.Folder).Select(Path.GetFileName));
            small.MakeRoom();
            await cluster.Play("POST N1 data/init → single, inactive");
            await AsPostgres.Postgres("pg_ctl", "stop", "-s", "-w", "-m", "fast", "-D", cluster.N1.In("small/data"));
        }
    }

    private static async Task InTheMiddle(TestNode node, Task call)
    {
        await Wait.Until("initdb is at work", () => call.IsCompleted || Directory.Exists(Path.Combine(Side(node), "global")), 30);
        Assert.False(call.IsCompleted, "it was over before it could be broken off");
    }

    private static async Task BecomesAPair(TestCluster cluster)
    {
        await cluster.WaitForStates("single", "inactive");
        Assert.Equal(["agent.log", "data", "pgha.yml", "postgres.log", "state"], Directory.GetFileSystemEntries(cluster.N1.Folder).Select(Path.GetFileName).Where(name => !name!.StartsWith(".s.", StringComparison.Ordinal)).Order());
        await cluster.N1.Postgres.Execute(Ledger.Table);
        await cluster.Play("POST N2 data/clone → master, slave");
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    private static string Side(TestNode node) => node.Postgres.DataDirectory + ".pgha-side";
}
