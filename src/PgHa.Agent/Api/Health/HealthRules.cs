using System.Collections.Frozen;
using System.Globalization;
using PgHa.Client.Operations;

namespace PgHa.Agent.Api.Health;

/// <summary>What a health check asks for beside its path.</summary>
/// <param name="MostLag">The most bytes that may not have been replayed yet; null: that does not matter.</param>
/// <param name="ByWrite">What was received counts, and not what was replayed.</param>
/// <param name="Tags">Tags and the values that they must have.</param>
public sealed record HealthOptions(long? MostLag, bool ByWrite, IReadOnlyDictionary<string, string> Tags)
{
    /// <summary>Nothing more.</summary>
    public static HealthOptions None { get; } = new(null, false, new Dictionary<string, string>());
}

/// <summary>A path that load balancers ask, and when its answer is 200; else it is 503.</summary>
/// <param name="Path">The path.</param>
/// <param name="When">When, in words.</param>
/// <param name="AsksOthers">The other nodes have to be seen for it.</param>
/// <param name="Is">When.</param>
public sealed record HealthRow(string Path, string When, bool AsksOthers, Func<HealthFacts, HealthOptions, bool> Is);

/// <summary>
/// The health checks, with the meanings that Patroni gave to these paths, so that what was written for it works unchanged. The one table behind the answers and docs/health.md. Pure: what is
/// not known is not 200.
/// </summary>
public static class HealthRules
{
    /// <summary>A standby that is ready has no more than this to replay, where the check does not say.</summary>
    internal const long ReadyLag = 1 << 20;

    private const string Primary = "the server runs, accepts writes, and may: in automatic mode this node holds the record";
    private const string Replica = "the server runs in recovery and answers queries; `lag` and `tag_NAME` are met";
    private const string Sync = "it is a standby that each commit on the primary waits for";
    private const string Quorum = "it is one of the standbys of which commits on the primary wait for some";
    private const string Async = "it is attached to the primary, no commit waits for it, and `lag` is met";

    /// <summary>The table.</summary>
    public static IReadOnlyList<HealthRow> Table { get; } =
    [
        new("/", Primary, false, IsPrimary),
        new("/primary", Primary, false, IsPrimary),
        new("/master", Primary, false, IsPrimary),
        new("/read-write", Primary, false, IsPrimary),
        new("/leader", Primary, false, IsPrimary),
        new("/standby-leader", "never: there are no standby clusters", false, (_, _) => false),
        new("/standby_leader", "never: there are no standby clusters", false, (_, _) => false),
        new("/replica", Replica, true, IsReplica),
        new("/read-only", "as `/primary` or `/replica`", true, (f, o) => IsPrimary(f, o) || IsReplica(f, o)),
        new("/sync", Sync, true, IsSync),
        new("/synchronous", Sync, true, IsSync),
        new("/read-only-sync", "as `/primary` or `/sync`", true, (f, o) => IsPrimary(f, o) || IsSync(f, o)),
        new("/quorum", Quorum, true, IsQuorum),
        new("/read-only-quorum", "as `/primary` or `/quorum`", true, (f, o) => IsPrimary(f, o) || IsQuorum(f, o)),
        new("/async", Async, true, IsAsync),
        new("/asynchronous", Async, true, IsAsync),
        new("/health", "the server runs and answers queries", false, (f, _) => f.Own.Serves || f.IsReplica),
        new("/liveness", "the agent's rules are looked at in time", false, (f, _) => f.Alive),
        new("/readiness", "as `/primary`, or a standby that streams and has no more than `lag` to replay (1 MB where it is not given; with `mode=write` to receive)", true, IsReady),
    ];

    private static readonly FrozenDictionary<string, HealthRow> ByPath = Table.ToFrozenDictionary(row => row.Path, StringComparer.Ordinal);

    /// <summary>The row of a path; null: it is none of them.</summary>
    public static HealthRow? Of(string path) => ByPath.GetValueOrDefault(path);

    /// <summary>Reads what a check asks for.</summary>
    /// <param name="query">Names and values.</param>
    public static Answer<HealthOptions> Read(IEnumerable<KeyValuePair<string, string>> query)
    {
        ArgumentNullException.ThrowIfNull(query);
        var (lag, byWrite, tags) = ((long?)null, false, new Dictionary<string, string>(StringComparer.Ordinal));
        foreach (var (name, value) in query)
            if (name == "lag" && Bytes(value) is { } bytes)
                lag = bytes;
            else if (name == "mode" && value is "apply" or "write")
                byWrite = value == "write";
            else if (name.StartsWith(Tag, StringComparison.Ordinal) && name.Length > Tag.Length)
                tags[name[Tag.Length..]] = value;
            else
                return new Refusal(Code.Invalid, $"{name}={value} is no option of a health check", "options: lag=BYTES (or 16kB, 10MB, 1GB), mode=apply or write (with readiness), tag_NAME=VALUE");
        return new HealthOptions(lag, byWrite, tags);
    }

    private const string Tag = "tag_";

    private static readonly (string Unit, int Shift)[] Units = [("kB", 10), ("KB", 10), ("MB", 20), ("GB", 30), ("TB", 40), ("B", 0), ("", 0)];

    private static long? Bytes(string text)
    {
        var (unit, shift) = Units.First(u => text.EndsWith(u.Unit, StringComparison.Ordinal));
        return long.TryParse(text[..^unit.Length].TrimEnd(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= long.MaxValue >> shift ? number << shift : null;
    }

    private static bool IsPrimary(HealthFacts f, HealthOptions o) => f.IsPrimary && HasTags(f, o);

    private static bool IsReplica(HealthFacts f, HealthOptions o) => f.IsReplica && IsWithin(f, o) && HasTags(f, o);

    private static bool IsSync(HealthFacts f, HealthOptions o) => f is { IsReplica: true, Sync: "sync" } && HasTags(f, o);

    private static bool IsQuorum(HealthFacts f, HealthOptions o) => f is { IsReplica: true, Sync: "quorum" } && HasTags(f, o);

    private static bool IsAsync(HealthFacts f, HealthOptions o) => f is { IsReplica: true, Sync: "async" or "potential" } && IsWithin(f, o) && HasTags(f, o);

    private static bool IsReady(HealthFacts f, HealthOptions o) =>
        f.IsPrimary || (f is { IsReplica: true, Own.Sql.Streaming: true } && (o.ByWrite ? ToReceive(f) : f.Lag) is { } lag && lag <= (o.MostLag ?? ReadyLag));

    private static bool IsWithin(HealthFacts f, HealthOptions o) => o.MostLag is not { } most || (f.Lag is { } lag && lag <= most);

    private static long? ToReceive(HealthFacts f) => f.Primary?.Seen.Sql?.Flush is { } end && f.Own.Sql is { InRecovery: true } own ? (long)(end.Value - Math.Min(end.Value, own.Position.Value)) : null;

    /// <summary>The two tags that Patroni's settings have here, too. One that is not known has no value.</summary>
    private static bool HasTags(HealthFacts f, HealthOptions o) => o.Tags.All(t => t.Key switch
    {
        "nofailover" => t.Value.Equals(f.NoFailover.ToString(), StringComparison.OrdinalIgnoreCase),
        "failover_priority" => t.Value == f.Priority.ToString(CultureInfo.InvariantCulture),
        _ => false,
    });
}
