using System.Text.Json;

namespace PgHa.Cluster.Tests.Locks;

/// <summary>Nothing becomes writable unless every node that can be reached is locked by the operation.</summary>
public sealed class UnheldLockTests : ClusterTest
{
    [Fact]
    public async Task A_node_whose_agent_comes_back_after_the_locks_were_taken_stops_the_operation()
    {
        var cluster = Keep(await TestCluster.FilesOnly(4));
        TestNode[] frozen = [cluster.N3, cluster.Nodes[3]]; // each holds the taking of the locks up, after N1 and N2 were asked
        await Task.WhenAll(frozen.Append(cluster.N1).Select(node => node.StartAgent()));
        foreach (var node in frozen) await node.Agent.Freeze();
        await cluster.AssertUnchanged(async () =>
        {
            var call = cluster.N1.Api.Post("instance/master?force=true");
            await Wait.Until("N1 is locked", async () => await cluster.N1.Api.LockedBy() != null);
            await cluster.N2.StartAgent();
            var refused = await call;
            refused.AssertRefused(409, 8);
            Assert.Contains($"the lock of {cluster.N2.Name} is not held", refused.Message, StringComparison.Ordinal);
        });
        foreach (var node in frozen) node.Agent.Thaw();
        await cluster.Play("POST N1 instance/master → single, inactive, inactive, inactive");
    }

    [Fact]
    public async Task A_node_asks_for_all_locks_once_more_before_it_starts_as_primary()
    {
        var cluster = await BothStopped();
        await cluster.N1.Api.TakeLock("half-locked", cluster.N1);
        await cluster.AssertUnchanged(async () =>
            AssertUnlocked(await cluster.N1.Api.PostV2("node/start?as=primary", "half-locked"), cluster.N2));
        await cluster.N2.Api.TakeLock("half-locked", cluster.N1);
        await cluster.N1.Api.PostV2("node/start?as=primary", "half-locked");
        await cluster.Play("GET N1 instance/all → single, inactive");
    }

    [Fact]
    public async Task A_node_asks_for_all_locks_once_more_before_it_is_promoted()
    {
        var cluster = await PrimaryStopped();
        await cluster.N2.Api.TakeLock("half-locked", cluster.N2);
        await cluster.AssertUnchanged(async () =>
            AssertUnlocked(await cluster.N2.Api.PostV2("node/promote", "half-locked"), cluster.N1));
        await cluster.N1.Api.TakeLock("half-locked", cluster.N2);
        await cluster.N2.Api.PostV2("node/promote", "half-locked");
        await cluster.Play("GET N1 instance/all → inactive, single");
    }

    private static void AssertUnlocked(Answer answer, TestNode open)
    {
        var failure = Assert.NotNull(answer.Field("failure"));
        Assert.Equal(8, failure.GetProperty("code").GetInt32());
        Assert.Contains($"the lock of {open.Name} is not held", failure.GetProperty("msg").GetString(), StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.True, answer.Field("never_writable")?.ValueKind);
    }
}
