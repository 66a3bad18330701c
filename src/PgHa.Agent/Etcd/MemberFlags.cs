using System.Globalization;
using PgHa.Agent.Configuration;

namespace PgHa.Agent.Etcd;

/// <summary>A member as it is started.</summary>
/// <param name="Self">Which of the members.</param>
/// <param name="Etcd">Our own etcd.</param>
/// <param name="Cluster">The cluster's name.</param>
/// <param name="DataDir">Where it keeps its data.</param>
/// <param name="Listen">The addresses of this machine at which it listens, as they stand in a URL.</param>
internal sealed record MemberPlan(EtcdMember Self, EtcdOptions Etcd, string Cluster, string DataDir, IReadOnlyList<string> Listen)
{
    /// <summary>All members with their peer URLs, as etcd wants them.</summary>
    internal string InitialCluster { get; init; } = string.Join(',', Etcd.Members.Select(m => $"{m.Name}={Url(m.Peer)}"));

    /// <summary>It joins an etcd that runs.</summary>
    internal bool Joins { get; init; }

    internal static string Url(Uri url) => Url(url, url.Host);

    /// <summary>Always with its port: etcd knows no usual ones.</summary>
    internal static string Url(Uri url, string host) => string.Create(CultureInfo.InvariantCulture, $"{url.Scheme}://{host}:{url.Port}");
}

/// <summary>The flags of etcd, all derived from the configuration. Pure.</summary>
internal static class MemberFlags
{
    private const int LongestHeartbeat = 100;
    private const long Quota = 1L << 30;

    internal static IReadOnlyList<string> Of(MemberPlan plan) =>
    [
        $"--name={plan.Self.Name}",
        $"--data-dir={plan.DataDir}",
        $"--listen-client-urls={Listen(plan, plan.Self.Client)}",
        $"--advertise-client-urls={MemberPlan.Url(plan.Self.Client)}",
        $"--listen-peer-urls={Listen(plan, plan.Self.Peer)}",
        $"--initial-advertise-peer-urls={MemberPlan.Url(plan.Self.Peer)}",
        $"--initial-cluster={plan.InitialCluster}",
        $"--initial-cluster-token=pgha-{plan.Cluster}",
        $"--initial-cluster-state={(plan.Joins ? "existing" : "new")}",
        .. Times(plan.Etcd.Election),
        "--pre-vote=true",
        "--strict-reconfig-check=true",
        "--auto-compaction-mode=periodic",
        "--auto-compaction-retention=1h",
        "--snapshot-count=10000",
        FormattableString.Invariant($"--quota-backend-bytes={Quota}"),
        "--logger=zap",
        "--log-outputs=stderr",
        .. plan.Self.Client.Scheme == Uri.UriSchemeHttps && plan.Etcd is { Tls: { } own, CaFile: { } authorities } ? Tls(own, authorities) : [],
    ];

    // etcd refuses an election timeout below five heartbeats.
    private static string[] Times(TimeSpan election)
    {
        var heartbeat = Math.Min(LongestHeartbeat, (int)(election / 5).TotalMilliseconds);
        return [FormattableString.Invariant($"--heartbeat-interval={heartbeat}"), FormattableString.Invariant($"--election-timeout={(int)election.TotalMilliseconds}")];
    }

    // The same for clients and for the other members.
    private static IEnumerable<string> Tls(TlsOptions own, string authorities)
    {
        string[] flags = [$"cert-file={own.CertificateFile}", $"key-file={own.KeyFile}", $"trusted-ca-file={authorities}", "client-cert-auth=true"];
        return flags.Select(f => $"--{f}").Concat(flags.Select(f => $"--peer-{f}"));
    }

    private static string Listen(MemberPlan plan, Uri url) => string.Join(',', plan.Listen.Select(host => MemberPlan.Url(url, host)));
}
