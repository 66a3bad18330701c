namespace PgHa.Cluster.Tests.Campaign;

/// <summary>Some calls and faults, one soon after the other.</summary>
internal static class Burst
{
    private static readonly (int Weight, Func<Random, World, Move> Draw)[] Kinds =
    [
        (40, Calls.Draw),
        (9, Activity.Draw), (2, Activity.Restartpoint), (3, Activity.Archive),
        (4, ProcessFaults.KillAgent), (3, ProcessFaults.FreezeAgent),
        (4, ProcessFaults.KillPostmaster), (2, ProcessFaults.StopAtOnce), (2, ProcessFaults.StopFast), (3, ProcessFaults.FreezeServer),
        (4, ProcessFaults.KillProcess), (3, ProcessFaults.FreezeProcess),
        (2, NetworkFaults.Cut), (2, NetworkFaults.CutOff), (2, NetworkFaults.Slow),
        (2, DiskFaults.Full), (3, DiskFaults.Away),
        (3, HandFaults.Start), (2, HandFaults.Supervise),
    ];

    public static IReadOnlyList<Timed> Draw(Random random, World world)
    {
        if (random.Next(8) == 0) return ForcedFailover.Burst(random, world);
        var moves = new List<Timed>();
        for (var left = random.Next(3, 9); left > 0; left--)
            moves.Add(new(TimeSpan.FromMilliseconds(random.Next(3) == 0 ? 0 : random.Next(3000)), One(random, world)));
        return moves;
    }

    private static Move One(Random random, World world)
    {
        var left = random.Next(Kinds.Sum(kind => kind.Weight));
        foreach (var (weight, draw) in Kinds)
            if ((left -= weight) < 0) return draw(random, world);
        throw new InvalidOperationException();
    }
}
