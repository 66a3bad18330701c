namespace PgHa.Cluster.Tests.Trouble;

/// <summary>
/// The agent of either node is killed at every point of every operation. It is started again, and nothing else is done: the operation
/// is finished or undone, no row is lost, never are two nodes writable, and the pair can go on.
/// </summary>
public abstract class CrashPoints : ClusterTest
{
    internal async Task PlayAll(Victim victim, IReadOnlyList<CrashScenario> scenarios, int expected)
    {
        var failures = new List<string>();
        var played = 0;
        CrashRun? run = null;
        foreach (var scenario in scenarios)
        {
            run ??= await CrashRun.Start(Keep(await Pair()));
            foreach (var point in await run.Points(scenario, victim))
            {
                run ??= await CrashRun.Start(Keep(await Pair()));
                played++;
                if (await Play(run, point) is not { } failure) continue;
                failures.Add(failure);
                await run.DisposeAsync();
                run = null; // what a failed case left behind is no beginning
            }
        }
        if (run is not null) await run.DisposeAsync();
        Assert.True(failures.Count == 0, string.Join("\n\n", failures));
        Assert.Equal(expected, played);
    }

    /// <summary>Its nodes can be rewound.</summary>
    internal static Task<TestCluster> Pair() => TestCluster.AllRunning(2, c => Task.WhenAll(c.Nodes.Select(n => n.AddToPostgresConf("wal_log_hints = on"))));

    private static async Task<string?> Play(CrashRun run, CrashPoint point)
    {
        run.Cluster.Transcript.Enqueue($"--- {point}");
        try
        {
            await run.Play(point);
            return null;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return $"{point}\n{e.Message}\n{Report.Of(run.Cluster)}";
        }
    }
}

public sealed class CoordinatorCrashPointTests : CrashPoints
{
    [Fact, Trait("Category", "Long")]
    public Task The_coordinating_agent_is_killed_at_every_point_of_every_operation() => PlayAll(Victim.Coordinator, CrashScenario.All, 117);
}

public sealed class CoordinatorHandoverCrashPointTests : CrashPoints
{
    [Fact, Trait("Category", "Long")]
    public Task The_coordinating_agent_is_killed_at_every_point_of_a_switchover_by_promotion() => PlayAll(Victim.Coordinator, CrashScenario.ByPromotion, 23);
}

public sealed class CoordinatorRebuildCrashPointTests : CrashPoints
{
    [Fact, Trait("Category", "Long")]
    public Task The_coordinating_agent_is_killed_at_every_point_of_what_replaces_data() => PlayAll(Victim.Coordinator, CrashScenario.Rebuilding, 20);
}

public sealed class CoordinatorInitCrashPointTests : CrashPoints
{
    [Fact, Trait("Category", "Long")]
    public Task The_coordinating_agent_is_killed_at_every_point_of_what_makes_a_cluster() => PlayAll(Victim.Coordinator, CrashScenario.Creating, 4);
}

public sealed class OtherCrashPointTests : CrashPoints
{
    [Fact, Trait("Category", "Long")]
    public Task The_other_agent_is_killed_at_every_point_of_every_operation() => PlayAll(Victim.Other, CrashScenario.All, 129);
}

public sealed class OtherHandoverCrashPointTests : CrashPoints
{
    [Fact, Trait("Category", "Long")]
    public Task The_other_agent_is_killed_at_every_point_of_a_switchover_by_promotion() => PlayAll(Victim.Other, CrashScenario.ByPromotion, 29);
}

public sealed class OtherRebuildCrashPointTests : CrashPoints
{
    [Fact, Trait("Category", "Long")]
    public Task The_other_agent_is_killed_at_every_point_of_what_replaces_data() => PlayAll(Victim.Other, CrashScenario.Rebuilding, 22);
}

public sealed class OtherInitCrashPointTests : CrashPoints
{
    [Fact, Trait("Category", "Long")]
    public Task The_other_agent_is_killed_at_every_point_of_what_makes_a_cluster() => PlayAll(Victim.Other, CrashScenario.Creating, 4);
}

public sealed class SomeCrashPointTests : CrashPoints
{
    private static readonly CrashPoint[] Some =
    [
        new(Scenario("POST P instance/switchover/masterSlave"), 4, Moment.Before, Victim.Coordinator),
        new(Scenario("POST P instance/switchover/masterSlave"), 5, Moment.Before, Victim.Coordinator),
        new(Scenario("POST P instance/switchover/masterSlave"), 7, Moment.After, Victim.Coordinator),
        new(Scenario("POST S instance/switchover/slaveMaster"), 5, Moment.Asked, Victim.Other),
        new(Scenario("POST P instance/failover/promote?to=S"), 3, Moment.Asked, Victim.Other),
    ];

    [Fact]
    public async Task An_operation_whose_agent_is_killed_is_finished_or_undone_when_it_is_back()
    {
        await using var run = await CrashRun.Start(Keep(await Pair()));
        foreach (var point in Some)
        {
            run.Cluster.Transcript.Enqueue($"--- {point}");
            await run.Play(point);
        }
    }

    private static CrashScenario Scenario(string call) => CrashScenario.All.First(s => s.Call == call);
}
