using PgHa.Agent.Plans;

namespace PgHa.Simulation;

/// <summary>One thing that happens to the machines, or that an operator does. Drawn before anything is played.</summary>
/// <param name="After">How long after the move before it.</param>
/// <param name="Words">In words.</param>
/// <param name="Play">What it does.</param>
internal sealed record Move(TimeSpan After, string Words, Action<Field> Play)
{
    /// <summary>Nothing breaks by it: it is a call, or only makes the network repeat itself.</summary>
    internal bool IsHarmless => Words.Contains(" is called: ", StringComparison.Ordinal) || Words.StartsWith("from now on half of the orders", StringComparison.Ordinal);
}

/// <summary>Draws the moves of a schedule.</summary>
internal static partial class Moves
{
    /// <summary>A few of anything; sometimes after something that is rare by chance, and that rules are there for.</summary>
    internal static Move[] Many(Random random, IReadOnlyList<string> names) => random.Next(16) switch
    {
        0 => [.. Duel(random, names), .. Few(random, names)],
        1 => [.. Supervised(random, names), .. Few(random, names)],
        2 => [.. Promoted(random, names), .. Few(random, names)],
        3 => Repeated(random, names),
        _ => Few(random, names),
    };

    /// <summary>
    /// All are stopped, and two operators who cannot reach each other's node, for a moment, want their own one to be primary. Where all would start
    /// as standbys, neither has anything to do on the other's.
    /// </summary>
    private static Move[] Duel(Random random, IReadOnlyList<string> names)
    {
        var (one, other) = (names[0], names[1 + random.Next(names.Count - 1)]);
        var (first, second) = random.Next(2) == 0 ? (Start(random, one), Start(random, other)) : (Start(random, other), Start(random, one));
        return
        [
            At(random.Next(0, 500), Call(one, new StopAll(one, StopOrder.StandbysFirst))),
            At(random.Next(1500, 3000), Cut(one, other, both: true, random.Next(400, 2600))),
            .. random.Next(3) > 0 ? [At(0, Signal(one))] : Array.Empty<Move>(),
            At(random.Next(0, 300), first),
            At(random.Next(0, random.Next(2) == 0 ? 40 : 300), second),
        ];

        static (string, Action<Field>) Start(Random random, string name) => Call(name, random.Next(2) == 0 ? new StartPrimary(name) : new StartAll(name));
    }

    /// <summary>A server that somebody starts again whenever it ends, that of the primary, mostly: it dies, and another is to take its place.</summary>
    private static Move[] Supervised(Random random, IReadOnlyList<string> names)
    {
        var (name, other) = (random.Next(3) > 0 ? names[0] : Any(random, names), names[1 + random.Next(names.Count - 1)]);
        return
        [
            At(random.Next(0, 1000), StartsAgain(name, random.Next(100, 9000))),
            At(random.Next(0, 2000), KillServer(name)),
            At(random.Next(0, 1000), Call(other, new Failover(other, FailoverForm.Promote))),
        ];
    }

    /// <summary>A promotion takes long, its agents may end or lose sight of it, and somebody wants the old primary back.</summary>
    private static Move[] Promoted(Random random, IReadOnlyList<string> names)
    {
        var (one, other) = (names[0], names[1 + random.Next(names.Count - 1)]);
        return
        [
            At(0, SlowPromotion(other, random.Next(1000, 15000), random.Next(2) == 0)),
            At(random.Next(0, 500), Call(Any(random, names), new Switchover(one, StopOrder.PrimaryFirst, other) { By = SwitchoverForm.Promote })),
            .. random.Next(3) > 0 ? [At(random.Next(50, 1500), KillAgent(random.Next(2) == 0 ? other : one, random.Next(100, 1500)))] : Array.Empty<Move>(),
            At(random.Next(200, 3000), Call(one, random.Next(3) switch { 0 => new StartPrimary(one), 1 => new StartAll(one), _ => new StartNode(one) })),
        ];
    }

    /// <summary>Calls one after the other, nothing else, and a network that brings orders twice.</summary>
    private static Move[] Repeated(Random random, IReadOnlyList<string> names) =>
        [At(0, Repeating(random.Next(2) == 0 ? 1500 : 9000)), .. Enumerable.Range(0, random.Next(3, 8)).Select(_ => At(random.Next(400, 6000), Call(random, names)))];

    private static Move At(int after, (string Words, Action<Field> Play) move) => new(TimeSpan.FromMilliseconds(after), move.Words, move.Play);

    private static Move[] Few(Random random, IReadOnlyList<string> names)
    {
        var dense = random.Next(3) > 0;
        return [.. Enumerable.Range(0, random.Next(2, 14)).Select(i => Draw(random, names, dense && random.Next(4) > 0 ? random.Next(0, 300) : random.Next(0, 4000)))];
    }

    private static Move Draw(Random random, IReadOnlyList<string> names, int wait)
    {
        var after = TimeSpan.FromMilliseconds(wait);
        var (words, play) = random.Next(100) switch
        {
            < 46 => Call(random, names),
            < 55 => KillAgent(random, names),
            < 62 => KillServer(random, names),
            < 68 => Machine(random, names),
            < 78 => Cut(random, names),
            < 83 => StartByHand(random, names),
            < 87 => StopByHand(random, names),
            < 89 => Disk(random, names),
            < 91 => Recycle(random, names),
            < 94 => Clock(random, names),
            < 95 => Away(random, names),
            < 96 => Lost(random, names),
            < 98 => SlowStop(random, names),
            < 99 => SlowPromotion(random, names),
            _ => StartsAgain(Any(random, names), random.Next(100, 9000)),
        };
        return new(after, words, play);
    }

    private static (string, Action<Field>) Call(Random random, IReadOnlyList<string> names)
    {
        var (called, other, force) = (Any(random, names), Any(random, names), random.Next(8) == 0);
        string? to = random.Next(2) == 0 ? other : null;
        var order = random.Next(2) == 0 ? StopOrder.PrimaryFirst : StopOrder.StandbysFirst;
        ChangeRequest request = random.Next(22) switch
        {
            < 6 => new Switchover(called, order, to) { By = random.Next(3) > 0 ? SwitchoverForm.Promote : SwitchoverForm.Restart },
            < 8 => new Failover(called, FailoverForm.Promote, to),
            < 9 => new Failover(called, FailoverForm.Restart, to),
            < 11 => new StartPrimary(called),
            < 12 => new StartNode(called),
            < 14 => new StartAll(called),
            < 16 => new StartStandby(called, random.Next(3) switch { 0 => null, 1 => RejoinForm.Rewind, _ => RejoinForm.Reclone }),
            < 17 => new StopNode(called),
            < 18 => new StopPrimary(called),
            < 19 => new StopAll(called, order),
            < 20 => new StopStandbys(called),
            < 21 => new CloneData(called, to),
            _ => new InitData(called),
        };
        return Call(called, request, force && request is not InitData); // with force it makes another cluster, where a node cannot be reached
    }

    internal static (string Words, Action<Field> Play) Call(string called, ChangeRequest request, bool force = false) =>
        ($"{called} is called: {request.Words}{(force ? ", with force" : "")}", field => Caller.Begin(field, called, request.Under(new Mandate { Force = force })));

    private static string Any(Random random, IReadOnlyList<string> names) => names[random.Next(names.Count)];
}
