using PgHa.Cluster.Tests.Failover;

namespace PgHa.Cluster.Tests.Faults;

/// <summary>Machines that are lost with all that runs on them, also one after the other. A commit waits for one of two standbys.</summary>
[Collection(MachinesCollection.Name)]
public sealed class LostMachineTests(SynchronousMachines machines) : ClusterTest
{
    /// <summary>The kernel of the tests answers for it: connections are refused at once, as where only the processes are killed.</summary>
    [Fact, Trait("Category", "Long")]
    public async Task A_primary_whose_processes_are_all_killed_is_replaced_and_comes_back_as_a_standby()
    {
        await using var run = await Begin();
        await run.Primary.Lose();
        await run.Succeeds();
        await run.End(1..1);
    }

    /// <summary>As a machine that loses its power: nobody answers for it.</summary>
    [Fact, Trait("Category", "Long")]
    public async Task A_primary_that_falls_silent_is_replaced_and_comes_back_as_a_standby()
    {
        await using var run = await Begin();
        await Silence(run.Primary);
        await run.Primary.Lose();
        await run.Succeeds();
        await run.End(1..1);
    }

    /// <summary>Its agent finds that it was started anew while the record is its own, and gives it up at once: nobody waits for the rest of d.</summary>
    [Fact, Trait("Category", "Long")]
    public async Task A_primary_that_reboots_within_d_gives_its_record_up_and_comes_back_as_a_standby()
    {
        await using var run = await Begin();
        var given = run.Primary.Logs("given the record of epoch");
        await run.Primary.Lose();
        await run.Primary.BootAnew();
        await run.Succeeds();
        await given;
        await run.End(2..2);
    }

    /// <summary>
    /// Of three machines one is left, which cannot ask etcd and may lack what the candidate had acknowledged. The old primary's machine comes back first.
    /// </summary>
    [Theory, Trait("Category", "Long")]
    [InlineData("holds the record, epoch"), InlineData(": begun"), InlineData("serves (epoch")]
    public async Task A_candidate_that_is_lost_in_the_middle_of_its_failover_costs_no_row(string moment)
    {
        await using var run = await Begin();
        var says = run.Standbys.Select(s => (Machine: s, Said: s.Logs(moment))).ToArray();
        await run.Primary.Lose();
        var first = await Task.WhenAny(says.Select(s => s.Said));
        await first;
        var candidate = says.Single(s => s.Said == first).Machine;
        await candidate.Lose();
        await run.Primary.Boot();
        var left = machines.Except(candidate);
        FaultRun.Say($"one of the other two served {FaultRun.Seconds(await OneServes(left))} after the candidate was lost");
        await run.End(1..4);
    }

    [Fact, Trait("Category", "Long")]
    public async Task A_machine_that_is_lost_again_during_its_rewind_comes_back_all_the_same()
    {
        await using var run = await Begin();
        await LoseAhead(run);
        await run.Succeeds();
        await machines.Network.UnblockAll(); // not before: its kernel would still send what its server had written to it
        var salvaged = run.Primary.Logs("salvage what only");
        await run.Primary.Boot();
        await salvaged; // the rewind is next
        await run.Primary.Lose();
        await run.End(1..1);
    }

    /// <summary>The third node has everything, and the node that is half rewound counts for etcd.</summary>
    [Fact, Trait("Category", "Long")]
    public async Task The_new_primary_is_lost_while_the_old_one_is_rewound_to_it()
    {
        await using var run = await Begin();
        await LoseAhead(run);
        var next = await run.Succeeds();
        await machines.Network.UnblockAll();
        var salvaged = run.Primary.Logs("salvage what only");
        await run.Primary.Boot();
        await salvaged;
        await next.Lose();
        FaultRun.Say($"another one served {FaultRun.Seconds(await OneServes(machines.Except(next)))} after the second loss");
        await run.End(2..4);
    }

    /// <summary>Both want the node that they have before them; neither call may make a second primary, nor keep the first from coming.</summary>
    [Fact, Trait("Category", "Long")]
    public async Task Two_operators_force_a_failover_each_while_one_is_under_way()
    {
        await using var run = await Begin();
        var begins = run.Standbys.Select(s => s.Logs("takes it and fails over")).ToArray(); // the record has run out, or with quorum it is revoked
        await run.Primary.Lose();
        await await Task.WhenAny(begins);
        foreach (var answer in await Task.WhenAll(run.Standbys.Select(s => s.Node.Api.Post("instance/failover/promote?force=true")))) FaultRun.Say($"{answer}");
        await OneServes(run.Standbys);
        await run.End(1..2);
    }

    /// <summary>With WAL on its disk that no standby has, so that it has to be rewound.</summary>
    private async Task LoseAhead(FaultRun run)
    {
        foreach (var standby in run.Standbys) await machines.Network.Block(run.Primary.Node.Number, standby.Node.Number);
        await Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken); // clients write, and wait for an acknowledgment that does not come
        await run.Primary.Lose();
    }

    private static Task<TimeSpan> OneServes(IReadOnlyList<Machine> machines) => Wait.Until("one of them serves", async () =>
        (await Task.WhenAll(machines.Select(m => Seen.AcceptsWrites(m.Node)))).Contains(true), 60);

    private async Task<FaultRun> Begin()
    {
        Share(machines.Cluster);
        return await FaultRun.Begin(machines);
    }

    private Task Silence(Machine machine) => machines.Network.Silence(machine.Node.Number);
}
