namespace PgHa.Agent.Configuration;

/// <summary>Where directories may lie, by their names alone: links are not followed. Pure.</summary>
internal static class DirectoryRules
{
    public static IEnumerable<(string Key, Complaint Complaint)> Check(string? dataDir, string? stateDir)
    {
        if (dataDir is null || stateDir is null)
            yield break;
        if (IsWithin(stateDir, dataDir))
            yield return ("state_dir", new($"state_dir {stateDir} is inside postgres.data_dir {dataDir}",
                "choose a directory outside: a rewind or a new base backup replaces all that is inside"));
        else if (IsWithin(dataDir, stateDir))
            yield return ("state_dir", new($"postgres.data_dir {dataDir} is inside state_dir {stateDir}",
                "choose a directory of its own for the agent, such as /var/lib/pgha"));
    }

    private static bool IsWithin(string inner, string outer) =>
        inner == outer || inner.StartsWith(outer.TrimEnd('/') + '/', StringComparison.Ordinal);
}
