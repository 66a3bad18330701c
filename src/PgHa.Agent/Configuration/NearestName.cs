namespace PgHa.Agent.Configuration;

/// <summary>Finds what a mistyped name was meant to be.</summary>
internal static class NearestName
{
    /// <summary>The candidate with the smallest edit distance; null if there is no candidate.</summary>
    public static string? Of(string typed, IEnumerable<string> candidates) =>
        candidates.MinBy(candidate => Distance(typed, candidate));

    /// <summary>The nearest dotted key. A right name in the wrong section is as near as one wrong letter.</summary>
    public static string OfKeys(string typed, IEnumerable<string> candidates) =>
        candidates.MinBy(key => Math.Min(Distance(typed, key), Distance(LastPart(typed), LastPart(key)) + 1))!;

    /// <summary>Levenshtein's distance, without regard to case.</summary>
    public static int Distance(string from, string to)
    {
        var row = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var i = 0; i < from.Length; i++)
        {
            var diagonal = row[0]++;
            for (var j = 0; j < to.Length; j++)
            {
                var replaced = diagonal + (char.ToLowerInvariant(from[i]) == char.ToLowerInvariant(to[j]) ? 0 : 1);
                diagonal = row[j + 1];
                row[j + 1] = Math.Min(replaced, Math.Min(row[j], diagonal) + 1);
            }
        }
        return row[^1];
    }

    private static string LastPart(string key) => key[(key.LastIndexOf('.') + 1)..];
}
