namespace PgHa.Agent.Configuration;

/// <summary>A key the agent understands.</summary>
/// <param name="Key">The key; <c>*</c> stands for a node's name.</param>
/// <param name="Default">The value where none is given; null: none.</param>
/// <param name="WhenUnset">What happens where none is given; null: the key is required.</param>
internal sealed record KnownKey(string Key, string? Default = null, string? WhenUnset = null);

/// <summary>Every key of the configuration, in the order in which they are shown.</summary>
internal static class KnownKeys
{
    public const string Nodes = "nodes";
    public const string AnyNode = "nodes.*";

    public static readonly IReadOnlyList<KnownKey> All =
    [
        new("cluster"),
        new("node"),
        new("listen"),
        new("nodes.*.agent"),
        new("nodes.*.postgres"),
        new("postgres.bin_dir", WhenUnset: "found on PATH or in the usual places"),
        new("postgres.data_dir"),
        new("postgres.config_file", WhenUnset: "found: what runs, data_dir, then /etc/postgresql"),
        new("postgres.log_file", WhenUnset: "chosen by the agent"),
        new("postgres.superuser", PostgresOptions.DefaultRole),
        new("postgres.replication_user", PostgresOptions.DefaultRole),
        new("postgres.database", PostgresOptions.DefaultDatabase),
        new("postgres.passfile", WhenUnset: "none"),
        new("postgres.slot_keep_size", PostgresOptions.DefaultSlotKeepSize),
        new("state_dir", "/var/lib/pgha"),
        new("slots.interval", "10"),
        new("slots.restart", "false"),
        new("security.token_file", WhenUnset: "none: anyone on this machine may call"),
        new("security.tls.certificate_file", WhenUnset: "none"),
        new("security.tls.key_file", WhenUnset: "none"),
        new("security.tls.ca_file", WhenUnset: "the authorities this machine trusts"),
    ];

    private static readonly Dictionary<string, KnownKey> ByKey = All.ToDictionary(known => known.Key);
    private static readonly HashSet<string> Sections = [.. All.SelectMany(known => ParentsOf(known.Key))];

    /// <summary>The row for a concrete key: <c>nodes.pg-node01.agent</c> is <c>nodes.*.agent</c>.</summary>
    public static KnownKey Of(string key) =>
        ByKey[key.StartsWith("nodes.", StringComparison.Ordinal) ? AnyNode + key[key.LastIndexOf('.')..] : key];

    public static bool IsSection(string template) => Sections.Contains(template);

    /// <summary>What <paramref name="name"/> means within a section; null: nothing.</summary>
    public static string? Child(string section, string name)
    {
        if (section == Nodes)
            return AnyNode;
        var child = Join(section, name);
        return !name.Contains('.') && (ByKey.ContainsKey(child) || IsSection(child)) ? child : null;
    }

    /// <summary>Every key and section that may be written where the nodes have these names.</summary>
    public static IEnumerable<string> Writable(IEnumerable<string> nodes) =>
        Sections.Where(section => section != AnyNode).Concat(Settable(nodes));

    /// <summary>Every key that may have a value where the nodes have these names.</summary>
    public static IEnumerable<string> Settable(IEnumerable<string> nodes)
    {
        var names = nodes.ToList();
        return All.SelectMany(known => known.Key.StartsWith(AnyNode, StringComparison.Ordinal)
            ? names.Select(name => Join(Nodes, name) + known.Key[AnyNode.Length..])
            : [known.Key]);
    }

    public static string Join(string section, string name) => section.Length == 0 ? name : $"{section}.{name}";

    private static IEnumerable<string> ParentsOf(string key)
    {
        for (var dot = key.LastIndexOf('.'); dot > 0; dot = key.LastIndexOf('.', dot - 1))
            yield return key[..dot];
    }
}
