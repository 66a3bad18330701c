namespace PgHa.Simulation;

/// <summary>Makes a schedule with a finding short: moves that are not needed for it are left out.</summary>
internal static class Shrinking
{
    internal static Schedule Shrink(Schedule found)
    {
        var shortest = found;
        for (var size = Math.Max(1, found.Moves.Count / 2); size >= 1; size /= 2)
            for (var at = 0; at < shortest.Moves.Count;)
            {
                var tried = shortest with { Moves = Without(shortest.Moves, at, size) };
                if (tried.Play().Finding is not null)
                    shortest = tried;
                else
                    at += size;
            }
        return shortest;
    }

    /// <summary>What follows comes when it came before.</summary>
    private static Move[] Without(IReadOnlyList<Move> moves, int at, int size)
    {
        var left = moves.Take(at).ToList();
        var passed = moves.Skip(at).Take(size).Aggregate(TimeSpan.Zero, (sum, move) => sum + move.After);
        var rest = moves.Skip(at + size).ToArray();
        if (rest.Length > 0)
            rest[0] = rest[0] with { After = rest[0].After + passed };
        return [.. left, .. rest];
    }
}
