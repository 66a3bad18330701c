namespace PgHa.Client.Facts;

/// <summary>
/// The physical replication slot kept for a node on all others: <c>pgha_</c> and the node's name in lower case, everything outside
/// a-z, 0-9 and _ replaced by _, cut to 63 characters.
/// </summary>
public static class SlotName
{
    /// <summary>Slots whose names begin so are ours: they are created, advanced and dropped without asking.</summary>
    public const string Prefix = "pgha_";

    private const int Longest = 63;

    /// <summary>The slot of a node.</summary>
    public static string Of(string node)
    {
        ArgumentNullException.ThrowIfNull(node);
        var name = Prefix + string.Concat(node.Select(c => char.IsAsciiLetterOrDigit(c) ? char.ToLowerInvariant(c) : '_'));
        return name[..Math.Min(name.Length, Longest)];
    }
}
