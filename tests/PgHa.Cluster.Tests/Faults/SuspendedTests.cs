namespace PgHa.Cluster.Tests.Faults;

/// <summary>
/// The primary's machine is stopped for longer than the record holds, with the guard on it, and goes on in the middle of what it did. Nothing on it can stop the
/// server while it sleeps. What a woken server acknowledges before its guard has killed it, only synchronous replication keeps from being lost.
/// </summary>
[Collection(MachinesCollection.Name)]
public sealed class SuspendedTests(SynchronousMachines machines) : ClusterTest
{
    [Fact, Trait("Category", "Long")]
    public async Task With_sync_a_machine_that_wakes_up_has_acknowledged_nothing_that_the_new_line_lacks()
    {
        Share(machines.Cluster);
        await using var run = await FaultRun.Begin(machines);
        await SleepsAndWakes(run, machines.Cluster.Ledger);
        await run.End(1..1);
    }

    /// <summary>The machine wakes up after another one serves, which is given; waits until the woken server has ended.</summary>
    internal static async Task<Machine> SleepsAndWakes(FaultRun run, Ledger ledger)
    {
        await run.Network.Silence(run.Primary.Node.Number);
        await run.Primary.Suspend();
        var next = await run.Succeeds();
        var before = ledger.CountOn(run.Primary.Node);
        await run.Network.UnblockAll();
        var slept = run.Primary.Postgres.Processes;
        run.Primary.Resume();
        var took = await Wait.Until("the woken server is killed", () => !slept.Any(ServerProcesses.IsAlive), 10);
        FaultRun.Say($"the woken server was gone after {took.TotalMilliseconds:0} ms, and had acknowledged {ledger.CountOn(run.Primary.Node) - before} rows more");
        return next;
    }
}
