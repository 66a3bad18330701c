namespace PgHa.Agent.Configuration;

/// <summary>
/// Environment variables over the file: <c>PGHA__POSTGRES__DATA_DIR</c> is <c>postgres.data_dir</c>,
/// <c>PGHA__NODES__PG_NODE01__AGENT</c> is <c>nodes.pg-node01.agent</c> (a node must be in the file; case does not matter).
/// </summary>
internal static class EnvironmentOverrides
{
    private const string Prefix = "PGHA__";

    public static void Apply(RawConfiguration raw, IReadOnlyDictionary<string, string> environment)
    {
        var keys = KnownKeys.Settable(raw.Nodes).ToLookup(VariableOf, StringComparer.OrdinalIgnoreCase);
        var setBy = new Dictionary<string, string>();
        foreach (var (variable, text) in environment.Where(IsOurs).OrderBy(pair => pair.Key, StringComparer.Ordinal))
            if (Refusal(variable, [.. keys[variable]], keys.Select(group => group.Key), setBy) is { } complaint)
                raw.Report(variable, complaint, SourceOf(variable));
            else
                raw.Values[keys[variable].Single()] = new(text, SourceOf(variable));
    }

    private static bool IsOurs(KeyValuePair<string, string> pair) => pair.Key.StartsWith(Prefix, StringComparison.Ordinal);

    private static string SourceOf(string variable) => $"environment {variable}";

    private static Complaint? Refusal(
        string variable, string[] keys, IEnumerable<string> known, Dictionary<string, string> setBy) => keys switch
        {
            [] => new($"unknown variable {variable}", $"the nearest known one is {Nearest(variable, known)}; unset it or correct its name"),
            [var key] when !setBy.TryAdd(key, variable) => new($"{variable} and {setBy[key]} both set {key}", "unset one of them"),
            [_] => null,
            _ => new($"{variable} may mean {string.Join(" or ", keys)}", "unset it and write the value in the file"),
        };

    private static string VariableOf(string key)
    {
        if (!key.StartsWith("nodes.", StringComparison.Ordinal))
            return Prefix + key.Replace(".", "__", StringComparison.Ordinal).ToUpperInvariant();
        var (start, end) = (key.IndexOf('.', StringComparison.Ordinal), key.LastIndexOf('.'));
        var name = key[(start + 1)..end].Replace('-', '_').Replace('.', '_');
        return $"{Prefix}NODES__{name}__{key[(end + 1)..]}".ToUpperInvariant();
    }

    // Compared as keys, so that a variable without its section is found: PGHA__DATA_DIR is PGHA__POSTGRES__DATA_DIR.
    private static string Nearest(string variable, IEnumerable<string> known)
    {
        var variables = known.ToLookup(KeyLike);
        return variables[NearestName.OfKeys(KeyLike(variable), variables.Select(group => group.Key))].First();
    }

    private static string KeyLike(string variable) => variable[Prefix.Length..].Replace("__", ".", StringComparison.Ordinal);
}
