using PgHa.Cluster.Tests.Failover;

namespace PgHa.Cluster.Tests.Faults;

/// <summary>The disk of <c>state_dir</c> is full, in automatic mode: an agent can note nothing there.</summary>
public sealed class FullStateTests : ClusterTest, IAsyncDisposable
{
    private TestNode? node;
    private SmallDisk? disk;

    [Fact, Trait("Category", "Long")]
    public async Task A_primary_whose_agent_can_note_nothing_serves_on_and_a_switchover_is_refused_before_it_begins()
    {
        await using var automatic = await Running(1);
        var cluster = automatic.Cluster;
        await cluster.Ledger.Insert(cluster.N1);
        await disk!.FillUp();
        await Task.Delay(AutomaticCluster.D * 3, TestContext.Current.CancellationToken); // nothing may happen meanwhile
        Assert.Equal(1, await AutomaticCluster.Epoch(cluster.N1));
        Assert.True(await Seen.AcceptsWrites(cluster.N1));
        var refused = await cluster.N1.Api.Post("instance/switchover/masterSlave?to=pg-node02");
        Assert.True(refused.Status is >= 400 and not 500 && refused.Message?.Contains("No space left", StringComparison.Ordinal) == true, refused.ToString());
        Assert.True(await Seen.AcceptsWrites(cluster.N1));
        await cluster.Ledger.Insert(cluster.N1);
        disk.MakeRoom();
        var done = await cluster.N1.Api.Post("instance/switchover/masterSlave?to=pg-node02");
        Assert.True(done.Status == 200, done.ToString());
        await cluster.Ledger.Insert(cluster.N2);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Fact, Trait("Category", "Long")]
    public async Task A_candidate_whose_agent_can_note_nothing_is_passed_over_or_serves()
    {
        await using var automatic = await Running(2);
        var cluster = automatic.Cluster;
        await cluster.Ledger.Insert(cluster.N1, 20);
        await cluster.Ledger.AssertOnEveryRunningNode();
        await disk!.FillUp();
        await AutomaticCluster.Lose(cluster.N1);
        TestNode? next = null;
        await Wait.Until("another node serves", async () =>
        {
            foreach (var other in (TestNode[])[cluster.N2, cluster.N3])
                if (await Seen.AcceptsWrites(other)) next = other;
            return next is not null;
        }, 60);
        FaultRun.Say($"{next!.Name} serves");
        await cluster.Ledger.Insert(next);
        disk.MakeRoom();
        await cluster.N1.StartAgent();
        foreach (var other in cluster.Nodes.Where(n => n != next))
            await Wait.Until($"{other.Name} follows", () => Seen.Follows(other, next), 60);
        await cluster.Ledger.AssertOnEveryRunningNode();
        cluster.Ledger.Reigns();
    }

    async ValueTask IAsyncDisposable.DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (node is not null) await node.Abandon();
        if (disk is not null) await disk.DisposeAsync();
        await DisposeAsync();
    }

    private async Task<AutomaticCluster> Running(int full)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "a disk is only mounted by root");
        return await AutomaticCluster.Running(Keep, prepare: async each =>
        {
            if (each.Number != full) return;
            node = each;
            disk = await SmallDisk.Mount(each.In("state"), 8);
        });
    }
}
