using PgHa.Agent.Leadership;

namespace PgHa.Agent.Tests.Leadership;

/// <summary>
/// Every transition of the sync record and every interruption of one: the agent ends after any step, acts late, a standby goes or comes at any moment, is replaced, and the
/// primary changes. In each state that can be reached every set of nodes that may elect has what was acknowledged.
/// </summary>
[Trait("Category", "Fast")]
public class SyncTransitionsTests
{
    internal const int Most = 1_000_000;
    private static readonly SyncSet[] One = [new(["b"], 1), new(["c"], 1)];
    private static readonly SyncSet[] Any = [new(["b", "c"], 1), new(["b", "c"], 2), new(["b"], 1)];
    private static readonly SyncSet[] OneOfAll = [new(["a"], 1), new(["b"], 1)];
    private static readonly SyncSet[] AnyOfAll = [new(["b", "c"], 1), new(["a", "c"], 1), new(["a", "b"], 1)];

    public static TheoryData<string> Worlds => ["on, from the beginning", "quorum, the primary changes"];

    internal static (SyncWorld World, SyncSet[] Wanted, int TakeOvers) World(string name) => name switch
    {
        "on, from the beginning" => (SyncWorld.Of(3), One, 0),
        "on" => (SyncWorld.Of(3, One[0]), One, 0),
        "quorum" => (SyncWorld.Of(3, Any[0]), Any, 0),
        "on, the primary changes" => (SyncWorld.Of(3, One[0]), OneOfAll, 1),
        _ => (SyncWorld.Of(3, AnyOfAll[0]), AnyOfAll, 1),
    };

    [Theory]
    [MemberData(nameof(Worlds))]
    public void Whatever_is_interrupted_whoever_may_elect_has_what_was_acknowledged(string name)
    {
        var (found, states) = Explore(World(name), SyncTransitions.Next);
        TestContext.Current.TestOutputHelper?.WriteLine($"{name}: {states} states");
        Assert.True(found is null, found);
    }

    /// <summary>Whatever the old primary's agent had begun, and whatever it decides after that: it does not know yet that its place was taken.</summary>
    [Theory]
    [InlineData("quorum"), InlineData("on")]
    public void Once_the_place_was_taken_by_pledges_the_old_primary_acknowledges_no_more_than_the_pledgers_have(string name)
    {
        var from = World(name);
        var (found, states) = Explore((from.World with { Revokes = true }, from.Wanted, 0), SyncTransitions.Next);
        TestContext.Current.TestOutputHelper?.WriteLine($"{name}: {states} states");
        Assert.True(found is null, found);
        (found, _) = Explore((from.World with { Revokes = true }, from.Wanted, 0), s => SyncTransitions.Next(s with { Record = s.Record is { } r ? r with { Epoch = s.Epoch } : null }));
        Assert.NotNull(found); // the old primary writes on in the record of the new turn
    }

    public static TheoryData<string> Faults => [.. Wrong.Keys];

    private static Dictionary<string, (string World, ModelFault Fault, Func<SyncSight, SyncStep> Step)> Wrong { get; } = new()
    {
        ["the record follows after PostgreSQL was told"] = ("on", default, s => SyncTransitions.Next(s) is SyncStep.Write && s.Record?.Set.Covers(s.InForce) == true && s.InForce != s.Wanted
            ? new SyncStep.Order(s.Wanted) : SyncTransitions.Next(s)),
        ["the record is relaxed before the WAL senders have the new setting"] = ("on", default, s => SyncTransitions.Next(s with { Proven = true, Level = s.Proven ? s.Level : s.Wanted.Voters })),
        ["the record is relaxed before the voters have what was acknowledged"] = ("on", default, s => SyncTransitions.Next(s with { Level = s.Wanted.Voters })),
        ["the needed number is raised before the voters have what was acknowledged"] = ("quorum", default, s => SyncTransitions.Next(s with { Level = s.Wanted.Voters })),
        ["SHOW is taken for the proof"] = ("quorum", ModelFault.ShowIsProof, SyncTransitions.Next),
        ["what was flushed before a standby was replaced counts"] = ("on", ModelFault.OldLevel, SyncTransitions.Next),
        ["a standby is replaced while it counts"] = ("on", ModelFault.ReplacedVoter, SyncTransitions.Next),
        ["a new primary begins with the voters of the one before"] = ("on, the primary changes", ModelFault.TakesOverTheVoters, SyncTransitions.Next),
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_deliberate_fault_is_found(string fault)
    {
        var (world, wrong, step) = Wrong[fault];
        var from = World(world);
        var (found, states) = Explore((from.World with { Fault = wrong }, from.Wanted, from.TakeOvers), step);
        TestContext.Current.TestOutputHelper?.WriteLine($"{fault}: found after {states} states");
        Assert.NotNull(found);
    }

    internal static (string? Found, int States) Explore((SyncWorld World, SyncSet[] Wanted, int TakeOvers) from, Func<SyncSight, SyncStep> step)
    {
        var seen = new Dictionary<string, (string? From, string What)> { [from.World.Key()] = (null, "begin") };
        var open = new Queue<SyncWorld>([from.World]);
        while (open.TryDequeue(out var world))
        {
            var key = world.Key();
            if (world.Lost() is { } lost)
                return ($"{lost} can elect, and lack what was acknowledged:\n{Way(seen, key)}", seen.Count);
            foreach (var (what, next) in world.Next(step, from.Wanted, from.TakeOvers))
                if (seen.TryAdd(next.Key(), (key, what)))
                    open.Enqueue(next);
            Assert.True(seen.Count < Most, "the world is too large");
        }
        return (null, seen.Count);
    }

    private static string Way(Dictionary<string, (string? From, string What)> seen, string? key)
    {
        var way = new Stack<string>();
        for (; key is not null; key = seen[key].From)
            way.Push(seen[key].What);
        return string.Join('\n', way);
    }
}
