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
        (3, HandFaults.Start), (2, HandFaults.Supervise), (3, SettingFaults.Draw),
    ];

    public static IReadOnlyList<Timed> Draw(Random random, World world) => random.Next(8) switch
    {
        0 => ForcedFailover.Burst(random, world),
        < 5 => Focused(random, world),
        _ => Mixed(random, world),
    };

    /// <summary>A change of roles, and what goes wrong just before, in the middle of it and after.</summary>
    private static List<Timed> Focused(Random random, World world)
    {
        var moves = new List<Timed>();
        for (var before = random.Next(3); before > 0; before--) moves.Add(Soon(random, 1500, NotACall(random, world)));
        moves.Add(Soon(random, 1500, Calls.DrawRoleChange(random, world)));
        for (var during = random.Next(1, 3); during > 0; during--) moves.Add(Soon(random, 700, NotACall(random, world)));
        for (var after = random.Next(3); after > 0; after--) moves.Add(Soon(random, 4000, random.Next(2) == 0 ? Calls.DrawRoleChange(random, world) : NotACall(random, world)));
        return moves;
    }

    private static Timed Soon(Random random, int most, Move move) => new(TimeSpan.FromMilliseconds(random.Next(most)), move);

    private static Move NotACall(Random random, World world) => One(random, world, Kinds[1..]);

    private static List<Timed> Mixed(Random random, World world)
    {
        var moves = new List<Timed>();
        for (var left = random.Next(3, 9); left > 0; left--)
            moves.Add(new(TimeSpan.FromMilliseconds(random.Next(3) == 0 ? 0 : random.Next(3000)), One(random, world, Kinds)));
        return moves;
    }

    private static Move One(Random random, World world, (int Weight, Func<Random, World, Move> Draw)[] kinds)
    {
        var left = random.Next(kinds.Sum(kind => kind.Weight));
        foreach (var (weight, draw) in kinds)
            if ((left -= weight) < 0) return draw(random, world);
        throw new InvalidOperationException();
    }
}
