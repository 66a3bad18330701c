namespace PgHa.Cluster.Tests.Trouble;

/// <summary>Of servers that run and are not seen where their agent looks.</summary>
public abstract class UnseenServer : ClusterTest
{
    private protected static async Task NamedInPidFile(TestCluster cluster, int pid)
    {
        await WritePidFile(cluster.N1, $"{pid}\n");
        await cluster.WaitForStates("unknown", "recovery");
        await IsRefused(cluster, $"{pid}");
    }

    private protected static Task WritePidFile(TestNode node, string content) =>
        File.WriteAllTextAsync(node.Postgres.InData("postmaster.pid"), content, TestContext.Current.CancellationToken);

    /// <summary>The other node does not become primary unless force answers for this one, and the answer names it.</summary>
    private protected static async Task IsNotPassedOver(TestCluster cluster, string named)
    {
        await cluster.WaitForStates("unknown", "slave"); // an observation serves for 100 ms
        await IsRefused(cluster, named);
        var plan = await cluster.N2.Api.Post("instance/failover/promote?force=true&dryRun=true");
        Assert.True(plan.Status == 200 && plan.Field("overrides")!.Value.ToString().Contains(named, StringComparison.Ordinal), plan.ToString());
        (await cluster.N2.Api.Post("instance/failover/restart?force=true")).AssertRefused(409, 6);
        Assert.True(await cluster.N2.Postgres.Ask<bool>("SELECT pg_is_in_recovery()"));
    }

    private protected static async Task IsRefused(TestCluster cluster, string named)
    {
        var answer = await cluster.N2.Api.Post("instance/failover/promote");
        answer.AssertRefused(409, 6);
        Assert.Contains(named, answer.Message, StringComparison.Ordinal);
        Assert.Contains(cluster.N1.Name, answer.Hint, StringComparison.Ordinal);
    }

    private protected static Task Seen(TestCluster cluster) => cluster.WaitForStates("master", "slave");
}
