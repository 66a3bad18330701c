using PgHa.Agent.Plans;
using PgHa.Client.Operations;

namespace PgHa.Agent.Tests.Plans;

/// <summary>
/// Every refusal names a way out: a call that is carried out, or something that only people can do. Calls that are refused in their turn
/// must lead on: no hints form a circle.
/// </summary>
[Trait("Category", "Fast")]
public class WayOutTests
{
    /// <summary>What only people can do: nothing that pgha is told leads on.</summary>
    private static readonly string[] ByHand =
    [
        "bring its agent back", "bring the unknown node back", "look at its server", "mounted?", "correct postgres.data_dir", "by hand", "end it first",
        "replace the foreign data directory", "move it away", "move the directory away", "bring the missing WAL back from the archive",
    ];

    [Fact]
    public void Every_hint_leads_to_a_plan_or_to_people()
    {
        var (seen, stuck) = (0, new Dictionary<string, string>());
        foreach (var world in World.All())
            foreach (var call in World.Calls())
                if (world.Decide(call) is Refused { Why: var why })
                {
                    seen++;
                    if (!LeadsOut(world, call, why, [], out var trail))
                        stuck.TryAdd($"{why.Hint} | {call.Method} {call.Target}", $"{world}: {trail}");
                    if (SameAgain(world, call, why) is { } vain)
                        stuck.TryAdd($"{why.Hint} | {call.Method} {call.Target} in vain", $"{world}: {vain.Method} {vain.Node} {vain.Target} is refused for the same reason: {why.Message}");
                }
        Assert.True(seen > 10_000, $"{seen} refusals");
        Assert.True(stuck.Count == 0, $"{stuck.Count} kinds of dead ends:\n{string.Join("\n\n", stuck.Take(40).Select(s => s.Key + "\n" + s.Value))}");
    }

    /// <summary>But where both sides of a fork hold data: which of them is given up, only people can say.</summary>
    [Fact]
    public void No_hint_stops_the_only_node_that_serves()
    {
        foreach (var world in World.All().Where(w => w.OnlyPrimary is not null))
            foreach (var call in World.Calls().Where(c => c.Method != "DELETE"))
                if (world.Decide(call) is Refused { Why: var why } && !why.Hint.StartsWith("decide which node's data is right", StringComparison.Ordinal))
                    Assert.False(NamedCall.In(call, why.Message, why.Hint).Any(next => next.Method == "DELETE" && next.Node == world.OnlyPrimary), $"{world}: {call.Method} {call.Target}: {why.Message} ({why.Hint})");
    }

    /// <summary>A call that the hint names, and that is refused in the same words.</summary>
    private static NamedCall? SameAgain(World world, NamedCall call, Refusal why) => NamedCall.In(call, why.Message, why.Hint)
        .FirstOrDefault(next => next != call && world.Decide(next) is Refused { Why: var again } && again == why);

    private static bool LeadsOut(World world, NamedCall call, Refusal why, HashSet<NamedCall> before, out string trail)
    {
        trail = $"\n  {call.Method} {call.Node} {call.Target} → {why.Code}: {why.Message} ({why.Hint})";
        if (!before.Add(call))
            return false;
        var named = NamedCall.In(call, why.Message, why.Hint);
        if (ByHand.Any(h => why.Hint.Contains(h, StringComparison.Ordinal)))
            return true;
        foreach (var next in named)
        {
            var decision = world.Decide(next);
            // Of another call that finds nothing to do nothing changes: the refused one would be refused again.
            if (decision is Plan plan && (plan.Stages.Count > 0 || (next.Method == call.Method && next.Path.Split('?')[0] == call.Path.Split('?')[0])))
                return true;
            trail += decision is Plan ? $"\n  {next.Method} {next.Node} {next.Target} → nothing to do" : "";
            if (decision is Refused { Why: var again })
            {
                if (LeadsOut(world, next, again, before, out var further))
                    return true;
                trail += further;
            }
        }
        return false;
    }
}
