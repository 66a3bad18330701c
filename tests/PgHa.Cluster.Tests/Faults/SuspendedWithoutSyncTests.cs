using PgHa.Cluster.Tests.Failover;

namespace PgHa.Cluster.Tests.Faults;

/// <summary>A machine that sleeps and wakes up, where a commit waits for nobody.</summary>
[Collection(MachinesCollection.Name)]
public sealed class SuspendedWithoutSyncTests(AsynchronousMachines machines) : ClusterTest, IClassFixture<AsynchronousMachines>
{
    /// <summary>What is lost is at most what it wrote before it was cut off and not yet streamed, and in the moment after it woke up. All of it is salvaged.</summary>
    [Fact, Trait("Category", "Long")]
    public async Task Without_sync_a_machine_that_wakes_up_writes_for_a_moment_at_most_and_that_is_salvaged()
    {
        Share(machines.Cluster);
        await using var run = await FaultRun.Begin(machines);
        var ledger = machines.Cluster.Ledger;
        var next = await SuspendedTests.SleepsAndWakes(run, ledger);
        await Wait.Until("it follows", () => Seen.Follows(run.Primary.Node, next.Node), 60);
        var lost = ledger.Acknowledged.Except(await Ledger.Rows(next.Node)).ToArray();
        var salvaged = await run.Salvaged();
        FaultRun.Say($"{lost.Length} acknowledged rows are lost, {salvaged} commits were salvaged");
        Assert.InRange(lost.Length, 0, salvaged);
        ledger.GiveUp(lost);
        await run.End(1..1, lossy: true);
    }
}
