namespace PgHa.Simulation;

/// <summary>What happens to the archive.</summary>
internal static partial class Moves
{
    /// <summary>Among the moves of a schedule.</summary>
    internal static Move[] WithArchive(Random random, IReadOnlyList<Move> moves)
    {
        List<Move> all = [.. moves];
        for (var more = random.Next(3); more > 0; more--)
            all.Insert(random.Next(all.Count + 1), At(random.Next(0, 2000), random.Next(4) == 0 ? ForeignHistory(random.Next(5000)) : ArchiveHangs(random.Next(100, 12000))));
        return [.. all];
    }

    private static (string, Action<Field>) ArchiveHangs(int back) => ($"the archive does not answer for {back} ms", field =>
    {
        field.Archive!.Hangs = true;
        field.Later(back, () => field.Archive.Hangs = false);
    });

    /// <summary>It leaves the line ahead of all that is written.</summary>
    private static (string, Action<Field>) ForeignHistory(int ahead) => ("a restore elsewhere is promoted, and archives the history of its timeline to the same place", field =>
    {
        if (field.Machines.FirstOrDefault(m => m.Server.Accepts)?.Server is not { } primary || field.Archive!.Knows(primary.Timeline + 1))
            return;
        var at = new Formats.Lsn(primary.End + (ulong)ahead);
        field.Archive.PutForeign(primary.Timeline + 1, [.. primary.Lineage[..^1], primary.Lineage[^1] with { End = at }, new(new(primary.Timeline + 1), at)]);
    });
}
