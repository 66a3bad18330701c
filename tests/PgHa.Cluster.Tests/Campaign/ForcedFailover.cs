using System.Text.RegularExpressions;

namespace PgHa.Cluster.Tests.Campaign;

/// <summary>
/// The machine of the primary dies, and an operator answers for that with force: the only case in which acknowledged rows may go. Only those
/// that no other node holds may.
/// </summary>
internal sealed partial record ForcedFailover(TestNode Dead, HashSet<long> Acknowledged, HashSet<long> Held)
{
    private const string Call = "POST instance/failover/promote?force=true&timeout=20";

    /// <summary>Nothing else happens in such a burst, so that the force names nobody who lives.</summary>
    public static IReadOnlyList<Timed> Burst(Random random, World world)
    {
        var (target, alone) = (random.Next(world.Nodes - 1), random.Next(3) == 0 ? 0 : random.Next(2000));
        return
        [
            new(TimeSpan.FromMilliseconds(random.Next(2000)), Activity.Draw(random, world)),
            new(TimeSpan.FromMilliseconds(random.Next(2000)), new($"the primary's machine is cut off, dies {alone} ms later, force on standby {target + 1}", run => Play(run, target, alone))),
        ];
    }

    [GeneratedRegex(@"/api/pg/v2/operations/[A-Za-z0-9\-]+/abandon")]
    private static partial Regex Abandoned { get; }

    /// <summary>When all nodes are well again: what the primary of today lacks of the dead one's rows was given up.</summary>
    public async Task Account(Run run)
    {
        var rows = await Ledger.Rows((await run.Primary())!);
        var lost = Acknowledged.Where(id => !rows.Contains(id)).ToList();
        if (lost.Where(Held.Contains).ToList() is { Count: > 0 } needless) throw new FindingException($"a force gave up {needless.Count} rows that another node held, {needless[0]} the first");
        run.Chronicle.Note($"  {lost.Count} rows of N{Dead.Number} were given up by force");
        run.Cluster.Ledger.GiveUp(lost);
    }

    private static async Task Play(Run run, int target, int alone)
    {
        if (await run.Primary() is not { } primary) return;
        var others = run.Cluster.Nodes.Where(node => node != primary).ToList();
        using var turn = await run.TurnAt(primary);
        await Die(run, primary, others, alone);
        await Refused(run, others[target]);
        var held = new HashSet<long>();
        foreach (var node in others) held.UnionWith(await Ledger.Rows(node));
        run.Forced = new(primary, [.. run.Cluster.Ledger.Acknowledged], held);
        var answer = await Caller.Send(run, others[target], Call);
        for (var again = 0; again < 8 && answer is { Status: 409 } refused && await Follow(run, others, target, refused) is { } next; again++) answer = next;
        if (answer is not { Status: 200 }) throw new FindingException($"a forced failover to a standby does not succeed: {answer}");
        if (!answer.Forced.Contains(primary.Name, StringComparison.Ordinal)) throw new FindingException($"the answer does not name {primary.Name} as forced: {answer.Forced}");
    }

    /// <summary>What the hint of a refusal says, whichever comes first; null where it names no way.</summary>
    private static async Task<Answer?> Follow(Run run, List<TestNode> others, int target, Answer refused)
    {
        if (refused.Code == 13 && others.FirstOrDefault(node => refused.Hint!.Contains($"?to={node.Name}", StringComparison.Ordinal)) is { } ahead)
            return await Caller.Send(run, others[target], $"{Call}&to={ahead.Name}"); // the links were not cut in the same moment
        if (refused.Code == 13 && refused.Hint!.StartsWith("repeat the call", StringComparison.Ordinal))
            return await Caller.Send(run, others[target], Call); // what the other standby still received is brought first
        if (refused.Code != 8 || Abandoned.Match(refused.Hint!) is not { Success: true } abandon) return null;
        await Caller.Send(run, others[target], $"POST {abandon.Value}"); // what the dead machine had begun, and nobody will end
        return await Caller.Send(run, others[target], Call);
    }

    /// <summary>What it acknowledges while it is cut off exists only there.</summary>
    private static async Task Die(Run run, TestNode primary, List<TestNode> others, int alone)
    {
        run.GiveUp(primary);
        run.Disturb(primary);
        if (alone > 0) foreach (var other in others) await run.Field.Network.Cut(primary.Number, other.Number);
        await Task.Delay(alone, CancellationToken.None);
        if (primary.Agent.IsRunning) await primary.Agent.Kill();
        foreach (var pid in primary.Postgres.Processes) Signal.Send(pid, Signal.Kill);
        await Wait.Until("the dead machine's processes are gone", () => primary.Postgres.Processes.Count == 0);
        foreach (var other in others) await run.Field.Network.Mend(primary.Number, other.Number);
    }

    /// <summary>Nobody can prove that a machine is dead that does not answer.</summary>
    private static async Task Refused(Run run, TestNode target)
    {
        var answer = await Caller.Send(run, target, "POST instance/failover/promote?timeout=20");
        if (answer is { Status: 200 }) throw new FindingException($"a failover without force passed over a primary that nobody can see: {answer}");
    }
}
