using PgHa.Cluster.Tests.Failover;

namespace PgHa.Cluster.Tests.Faults;

/// <summary>Links between machines that are cut, one way or both, for good or in turn. A commit waits for one of two standbys.</summary>
[Collection(MachinesCollection.Name)]
public sealed class CutOffTests(SynchronousMachines machines) : ClusterTest
{
    private const string Etcd = "tcp dport 2379";
    private const string AllButEtcd = "tcp dport != { 2379, 2380 } tcp sport != { 2379, 2380 }";

    private Network Network => machines.Network;

    [Fact, Trait("Category", "Long")]
    public async Task A_primary_that_cannot_reach_etcd_is_fenced_and_another_one_serves()
    {
        await using var run = await Begin();
        foreach (var member in machines.All) await Network.Block(run.Primary.Node.Number, member.Node.Number, Etcd);
        await run.Succeeds();
        Assert.False(await Seen.AcceptsWrites(run.Primary.Node));
        await run.End(1..1);
    }

    /// <summary>It holds the record, so nobody takes its place; its commits wait, because no standby hears of them.</summary>
    [Fact, Trait("Category", "Long")]
    public async Task A_primary_that_is_cut_off_its_standbys_but_not_etcd_stays_and_its_commits_wait()
    {
        await using var run = await Begin();
        foreach (var standby in run.Standbys) await Both(run.Primary, standby, AllButEtcd);
        await Wait.Until("commits wait", () => StandsStill(run.Primary), 15);
        await Task.Delay(AutomaticCluster.D * 2, TestContext.Current.CancellationToken);
        Assert.True(await run.Stays());
        foreach (var standby in run.Standbys) Assert.False(await Seen.AcceptsWrites(standby.Node));
        await Network.UnblockAll();
        FaultRun.Say($"commits went on {FaultRun.Seconds(await run.Writes(run.Primary))} after the link was there again");
        await run.End(0..0);
    }

    [Fact, Trait("Category", "Long")]
    public async Task A_primary_that_is_cut_off_from_all_is_fenced_before_another_one_serves_and_comes_back_as_a_standby()
    {
        await using var run = await Begin();
        foreach (var standby in run.Standbys) await Both(run.Primary, standby);
        var fenced = Wait.Until("it is fenced", () => run.Primary.Postgres.Processes.Count == 0, 20);
        await run.Succeeds();
        Assert.True(fenced.IsCompletedSuccessfully, "another one serves, and processes of the old primary live");
        FaultRun.Say($"fenced after {FaultRun.Seconds(await fenced)}");
        await run.End(1..1);
    }

    [Fact, Trait("Category", "Long")]
    public async Task A_primary_that_sends_and_hears_nothing_is_replaced()
    {
        await using var run = await Begin();
        foreach (var standby in run.Standbys) await Network.Block(standby.Node.Number, run.Primary.Node.Number);
        await run.Succeeds();
        Assert.False(await Seen.AcceptsWrites(run.Primary.Node));
        await run.End(1..1);
    }

    [Fact, Trait("Category", "Long")]
    public async Task A_primary_that_hears_and_is_not_heard_is_replaced()
    {
        await using var run = await Begin();
        foreach (var standby in run.Standbys) await Network.Block(run.Primary.Node.Number, standby.Node.Number);
        await run.Succeeds();
        Assert.False(await Seen.AcceptsWrites(run.Primary.Node));
        await run.End(1..1);
    }

    /// <summary>The record holds for longer than the link is ever away.</summary>
    [Fact, Trait("Category", "Long")]
    public async Task A_link_that_flaps_makes_no_storm_of_failovers()
    {
        await using var run = await Begin();
        for (var i = 0; i < 12; i++)
        {
            foreach (var standby in run.Standbys) await Both(run.Primary, standby);
            await Task.Delay(TimeSpan.FromSeconds(0.8), TestContext.Current.CancellationToken);
            await Network.UnblockAll();
            await Task.Delay(TimeSpan.FromSeconds(1.2), TestContext.Current.CancellationToken);
        }
        await run.End(0..1);
    }

    [Fact, Trait("Category", "Long")]
    public async Task A_standby_that_is_cut_off_the_primary_alone_catches_up_later()
    {
        await using var run = await Begin();
        await Both(run.Primary, run.Standbys[0]);
        await run.Writes(run.Primary);
        await Task.Delay(AutomaticCluster.D * 2, TestContext.Current.CancellationToken);
        await run.Writes(run.Primary);
        await run.End(0..0);
    }

    [Fact, Trait("Category", "Long")]
    public async Task The_leader_of_etcd_is_cut_off_and_the_holder_serves_on()
    {
        await using var run = await Begin();
        Machine? leader = null;
        await Wait.Until("etcd has a leader", async () =>
        {
            foreach (var machine in machines.All)
                if (await machine.Etcd.Leads() == true) leader = machine;
            return leader is not null;
        });
        foreach (var other in machines.Except(leader!)) await Both(leader!, other, "tcp dport 2380");
        await Wait.Until("another one leads", async () => (await Task.WhenAll(machines.Except(leader!).Select(m => m.Etcd.Leads()))).Contains(true), 20);
        await Task.Delay(AutomaticCluster.D * 2, TestContext.Current.CancellationToken);
        await run.Writes(run.Primary);
        await run.End(0..0);
    }

    private async Task<FaultRun> Begin()
    {
        Share(machines.Cluster);
        return await FaultRun.Begin(machines);
    }

    private Task Both(Machine one, Machine other, string only = "") =>
        Task.WhenAll(Network.Block(one.Node.Number, other.Node.Number, only), Network.Block(other.Node.Number, one.Node.Number, only));

    private async Task<bool> StandsStill(Machine machine)
    {
        var before = machines.Cluster.Ledger.CountOn(machine.Node);
        await Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
        return machines.Cluster.Ledger.CountOn(machine.Node) == before;
    }
}
