namespace PgHa.Agent.Plans;

/// <summary>A physical slot on the node that is to be followed.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Active">A WAL sender uses it.</param>
/// <param name="Lost">PostgreSQL keeps no WAL for it any more.</param>
public sealed record SlotThere(string Name, bool Active, bool Lost);

/// <summary>Which slot a standby uses on the node it follows: its own, unless its operator has set another one that is there. Pure.</summary>
public static class SlotChoice
{
    /// <summary>The name for <c>primary_slot_name</c>.</summary>
    /// <param name="own">The slot that is kept for this node.</param>
    /// <param name="current">What the setting names now.</param>
    /// <param name="there">What the upstream has of both.</param>
    public static string Name(string own, string current, IReadOnlyList<SlotThere> there) => OperatorsOwn(own, current, there) ? current : own;

    /// <summary>What has to be done on the upstream before it is used.</summary>
    public static IEnumerable<string> Prepare(string own, IReadOnlyList<SlotThere> there)
    {
        var slot = there.FirstOrDefault(s => s.Name == own);
        if (slot is { Lost: true, Active: false })
            yield return $"SELECT pg_drop_replication_slot('{own}')::text";
        if (slot is null or { Lost: true, Active: false })
            yield return $"SELECT pg_create_physical_replication_slot('{own}', true)::text";
    }

    private static bool OperatorsOwn(string own, string current, IReadOnlyList<SlotThere> there) =>
        current.Length > 0 && current != own && !current.StartsWith("pgha_", StringComparison.Ordinal) && there.Any(s => s.Name == current && !s.Lost);
}
