using PgHa.Agent.Leadership;

namespace PgHa.Agent.Tests.Leadership;

/// <summary>
/// Every way to a pledge and back, and every interruption of one: an agent ends after any step, a write arrives late, a receiver starts when it can, the old primary goes on. Once the record was
/// taken, whoever is enough by the new sync record has all that the old primary acknowledges, then or ever after.
/// </summary>
[Trait("Category", "Fast")]
public class PledgeStepsTests
{
    private const int Most = 1_000_000;

    private static PledgeWorld World(int voters, int needed) => new()
    {
        Voters = [.. Enumerable.Repeat(new ModelVoter(), voters)], Needed = needed, Rounds = voters == 1 ? 2 : 1, Restarts = voters == 3 ? 0 : 1, Slow = voters < 3,
    };

    public static TheoryData<int, int> Sizes => new() { { 1, 1 }, { 2, 1 }, { 2, 2 }, { 3, 1 }, { 3, 2 }, { 3, 3 } };

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Whatever_is_interrupted_the_new_line_has_what_the_old_primary_acknowledges(int voters, int needed)
    {
        var (found, states, taken) = Explore(World(voters, needed), PledgeSteps.Next);
        TestContext.Current.TestOutputHelper?.WriteLine($"{needed} of {voters}: {states} states, {taken} after the record was taken");
        Assert.True(found is null, found);
        Assert.True(taken > 0, "nobody ever takes the place");
    }

    public static TheoryData<string> Faults => [.. Wrong.Keys];

    private static Dictionary<string, (PledgeFault Fault, Func<PledgeSight, PledgeStep> Step)> Wrong { get; } = new()
    {
        ["one voter too few suffices"] = (PledgeFault.OneTooFew, PledgeSteps.Next),
        ["the record is taken without a look at the pledges"] = (PledgeFault.NotCompared, PledgeSteps.Next),
        ["a reload is taken for the proof that no receiver can start"] = (PledgeFault.ReloadIsProof, PledgeSteps.Next),
        ["the key is removed, and a late write brings it back"] = (PledgeFault.Removed, PledgeSteps.Next),
        ["the node keeps no note of its pledge"] = (PledgeFault.NotNoted, PledgeSteps.Next),
        ["the end is read before the receiver has ended"] = (PledgeFault.EndReadEarly, PledgeSteps.Next),
        ["it pledges before the receiver has ended"] = (PledgeFault.None, s => PledgeSteps.Next(s with { Receives = false })),
        ["it pledges before the configuration is empty"] = (PledgeFault.None, s => PledgeSteps.Next(s with { Emptied = true })),
        ["it follows again before the pledge is taken back"] = (PledgeFault.None, s => PledgeSteps.Next(s) == PledgeStep.Withdraw ? PledgeStep.Restore : PledgeSteps.Next(s)),
        ["it follows again though the record was taken"] = (PledgeFault.None, s => PledgeSteps.Next(s with { Taken = false })),
        ["it reads the record before the pledge is taken back"] = (PledgeFault.None, s => PledgeSteps.Next(s) == PledgeStep.Withdraw && s.Taken is not true
            ? s.Taken is null ? PledgeStep.ReadRecord : PledgeStep.Withdraw : PledgeSteps.Next(s)),
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_deliberate_fault_is_found(string fault)
    {
        var (wrong, step) = Wrong[fault];
        var (found, states, _) = Explore(World(2, 1) with { Fault = wrong, Slow = wrong is PledgeFault.NotCompared or PledgeFault.Removed, Restarts = 0 }, step);
        TestContext.Current.TestOutputHelper?.WriteLine($"{fault}: found after {states} states");
        Assert.NotNull(found);
    }

    private static (string? Found, int States, int Taken) Explore(PledgeWorld from, Func<PledgeSight, PledgeStep> step)
    {
        var seen = new Dictionary<string, (string? From, string What)> { [from.Key()] = (null, "begin") };
        var open = new Queue<PledgeWorld>([from]);
        var taken = 0;
        while (open.TryDequeue(out var world))
        {
            var key = world.Key();
            taken += world.Taken is null ? 0 : 1;
            if (world.Lost() is { } lost)
                return ($"{lost} can elect, and lack what was acknowledged:\n{Way(seen, key)}", seen.Count, taken);
            foreach (var (what, next) in world.Next(step))
                if (seen.TryAdd(next.Key(), (key, what)))
                    open.Enqueue(next);
            Assert.True(seen.Count < Most, "the world is too large");
        }
        return (null, seen.Count, taken);
    }

    private static string Way(Dictionary<string, (string? From, string What)> seen, string? key)
    {
        var way = new Stack<string>();
        for (; key is not null; key = seen[key].From)
            way.Push(seen[key].What);
        return string.Join('\n', way);
    }
}
