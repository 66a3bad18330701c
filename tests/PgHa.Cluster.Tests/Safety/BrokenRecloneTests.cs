namespace PgHa.Cluster.Tests.Safety;

/// <summary>A reclone that is broken off leaves the only copy of what the node holds as it was, and the next one succeeds.</summary>
public sealed class BrokenRecloneTests : ClusterTest
{
    [Fact]
    public async Task Where_the_source_is_killed_the_old_directory_stays_as_it_was()
    {
        var (cluster, own) = await PartedPair.Make(this);
        await cluster.N1.AssertSameFiles(async () =>
        {
            var call = await InTheMiddle(cluster);
            cluster.N2.Postgres.Thaw();
            await cluster.N2.Postgres.KillAndWait();
            var answer = await call;
            answer.AssertRefused(500, 9);
            Assert.Contains("pg_basebackup failed", answer.Message, StringComparison.Ordinal);
            Assert.False(Directory.Exists(Side(cluster.N1)));
        });
        await cluster.Play("""
            POST N2 instance/current                 → inactive, single
            POST N1 instance/slave?rejoin=reclone    → slave, master
            """);
        await cluster.IsItselfAgain(own);
    }

    [Fact]
    public async Task Where_the_agent_is_killed_it_is_finished_when_it_is_back()
    {
        var (cluster, own) = await PartedPair.Make(this);
        await cluster.N1.AssertSameFiles(async () =>
        {
            var call = await InTheMiddle(cluster);
            await cluster.N1.Agent.Kill();
            await Task.WhenAny(call); // broken off
        });
        cluster.N2.Postgres.Thaw(); // pg_basebackup outlives its agent and goes on for a while
        await cluster.N1.StartAgent();
        await OperationWatch.NothingOpen(cluster.N1);
        await cluster.WaitForStates("slave", "master");
        await cluster.IsItselfAgain(own);
    }

    /// <summary>A reclone whose source is frozen after the first of many files.</summary>
    private static async Task<Task<Answer>> InTheMiddle(TestCluster cluster)
    {
        var call = cluster.N1.Api.Post("instance/slave?rejoin=reclone");
        await Wait.Until("files arrive", () => call.IsCompleted || Directory.Exists(Path.Combine(Side(cluster.N1), "base")), 30);
        await cluster.N2.Postgres.FreezeChildren();
        Assert.False(call.IsCompleted, "it was over before it could be broken off");
        return call;
    }

    private static string Side(TestNode node) => node.Postgres.DataDirectory + ".pgha-side";
}
