namespace PgHa.Agent.Configuration;

/// <summary>A key the agent understands.</summary>
/// <param name="Key">The key; <c>*</c> stands for a node's name.</param>
/// <param name="Default">The value where none is given; null: none.</param>
/// <param name="WhenUnset">What happens where none is given; null: the key is required.</param>
/// <param name="List">It may also be written as a list.</param>
internal sealed record KnownKey(string Key, string? Default = null, string? WhenUnset = null, bool List = false);

/// <summary>Every key of the configuration, in the order in which they are shown.</summary>
internal static class KnownKeys
{
    public const string Nodes = "nodes";
    public const string AnyNode = "nodes.*";
    private const string Witnesses = "witnesses", AnyWitness = "witnesses.*";

    public static readonly IReadOnlyList<KnownKey> All =
    [
        new("cluster"),
        new("node"),
        new("listen"),
        new("health_listen", WhenUnset: "health checks are answered on listen only"),
        new("traces", WhenUnset: "operations are not sent as traces"),
        new("nodes.*.agent"),
        new("nodes.*.postgres"),
        new(AnyWitness),
        new("postgres.bin_dir", WhenUnset: "found on PATH or in the usual places"),
        new("postgres.data_dir"),
        new("postgres.config_file", WhenUnset: "found: as the server was started last, data_dir, then /etc/postgresql"),
        new("postgres.log_file", WhenUnset: "chosen by the agent"),
        new("postgres.superuser", PostgresOptions.DefaultRole),
        new("postgres.replication_user", PostgresOptions.DefaultRole),
        new("postgres.database", PostgresOptions.DefaultDatabase),
        new("postgres.passfile", WhenUnset: "none"),
        new("postgres.slot_keep_size", PostgresOptions.DefaultSlotKeepSize),
        new("state_dir", "/var/lib/pgha"),
        new("start", "standby"),
        new("log", "text"),
        new("slots.interval", "10"),
        new("slots.restart", "false"),
        new("failover.mode", "manual"),
        new("failover.etcd", WhenUnset: "none: needed for automatic failover", List: true),
        new("failover.etcd_port", "2379"),
        new("failover.etcd_election", WhenUnset: "1s, as etcd ships; with beside as short as d needs it"),
        new("failover.etcd_user", WhenUnset: "none"),
        new("failover.etcd_password_file", WhenUnset: "none"),
        new("failover.etcd_certificate_file", WhenUnset: "none; with beside that of security.tls"),
        new("failover.etcd_key_file", WhenUnset: "none; with beside that of security.tls"),
        new("failover.etcd_ca_file", WhenUnset: "the authorities this machine trusts; with beside those of security.tls"),
        new("failover.d", "8s"),
        new("failover.sync", "off"),
        new("failover.revocation", "on"),
        new("failover.rejoin", "rewind"),
        new("failover.lag_limit", "16MB"),
        new("failover.restart_within", "10s"),
        new("failover.hang_after", "10s"),
        new("failover.priority", "50"),
        new("failover.nofailover", "false"),
        new("failover.watchdog", WhenUnset: "none"),
        new("failover.stop_command", WhenUnset: "none"),
        new("failover.stay_without_etcd", "false"),
        new("security.local", "open"),
        new("security.token_file", WhenUnset: "none: security.local says who may call"),
        new("security.tokens_file", WhenUnset: "none: only the agents' token counts"),
        new("security.tls.certificate_file", WhenUnset: "none"),
        new("security.tls.key_file", WhenUnset: "none"),
        new("security.tls.ca_file", WhenUnset: "the authorities this machine trusts"),
        new("security.tls.client_ca_file", WhenUnset: "none: agents know each other by tokens only"),
    ];

    private static readonly Dictionary<string, KnownKey> ByKey = All.ToDictionary(known => known.Key);
    private static readonly HashSet<string> Sections = [.. All.SelectMany(known => ParentsOf(known.Key))];

    /// <summary>The row for a concrete key: <c>nodes.pg-node01.agent</c> is <c>nodes.*.agent</c>.</summary>
    public static KnownKey Of(string key) =>
        ByKey[IsWitness(key) ? AnyWitness : key.StartsWith("nodes.", StringComparison.Ordinal) ? AnyNode + key[key.LastIndexOf('.')..] : key];

    /// <summary>Whether the key names a witness and where it is.</summary>
    public static bool IsWitness(string key) => key.StartsWith($"{Witnesses}.", StringComparison.Ordinal);

    /// <summary>The witness's name.</summary>
    public static string WitnessOf(string key) => key[(Witnesses.Length + 1)..];

    public static bool IsSection(string template) => Sections.Contains(template);

    /// <summary>What <paramref name="name"/> means within a section; null: nothing.</summary>
    public static string? Child(string section, string name)
    {
        if (section == Nodes)
            return AnyNode;
        if (section == Witnesses)
            return AnyWitness;
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
        return All.Where(known => known.Key != AnyWitness).SelectMany(known => known.Key.StartsWith(AnyNode, StringComparison.Ordinal)
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
