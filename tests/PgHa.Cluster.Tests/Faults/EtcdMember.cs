using System.Diagnostics;
using System.Globalization;

namespace PgHa.Cluster.Tests.Faults;

/// <summary>The member of etcd on a machine, run by hand: an etcd that was there before, without certificates.</summary>
internal sealed class EtcdMember(TestNode node, string space, Func<string> all)
{
    public const int Port = 2379, PeerPort = 2380;

    private Process? process;

    public string Url => string.Create(CultureInfo.InvariantCulture, $"http://{node.Address}:{Port}");

    public string Named => string.Create(CultureInfo.InvariantCulture, $"{node.Name}=http://{node.Address}:{PeerPort}");

    public string LogFile => node.In("etcd.log");

    public bool IsRunning => process is { HasExited: false };

    public void Start()
    {
        if (IsRunning) return;
        var peer = string.Create(CultureInfo.InvariantCulture, $"http://{node.Address}:{PeerPort}");
        process = AsPostgres.StartLoggedIn(space, LogFile, "/usr/bin/etcd", "--name", node.Name, "--data-dir", node.In("etcd"),
            "--listen-client-urls", Url, "--advertise-client-urls", Url, "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
            "--initial-cluster", all(), "--heartbeat-interval", "100", "--election-timeout", "500", "--pre-vote", "--log-level", "warn");
    }

    /// <summary>It answers, and leads or not; null where it does not answer.</summary>
    public async Task<bool?> Leads()
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(1) };
        try
        {
            var metrics = await http.GetStringAsync(new Uri(Url + "/metrics"), TestContext.Current.CancellationToken);
            return metrics.Contains("\netcd_server_has_leader 1", StringComparison.Ordinal) ? metrics.Contains("\netcd_server_is_leader 1", StringComparison.Ordinal) : null;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return null;
        }
    }
}
