using System.Collections.Concurrent;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using PgHa.Agent.Configuration;

namespace PgHa.Agent.Postgres;

/// <summary>
/// Which node a WAL receiver's host and port mean. primary_conninfo may name a node by another word than the configuration does (localhost, a
/// name in DNS, a socket directory): then their addresses are compared. A name that cannot be resolved means none of them.
/// </summary>
internal sealed class UpstreamNames(IReadOnlyList<NodeOptions> nodes, TimeProvider time)
{
    /// <summary>An observation has a second for everything.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Keep = TimeSpan.FromMinutes(1);
    private readonly ConcurrentDictionary<string, (Task<IPAddress[]> Addresses, long Asked)> _names = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The node, or null.</summary>
    internal async Task<string?> NodeAtAsync(string host, int port)
    {
        var there = nodes.Where(n => n.PostgresPort == port).ToArray();
        if (there.FirstOrDefault(n => n.PostgresHost.Equals(host, StringComparison.OrdinalIgnoreCase)) is { } same)
            return same.Name;
        if (there.Length == 0)
            return null;
        var addresses = host.StartsWith('/') ? [] : await AddressesAsync(host);
        var here = host.StartsWith('/') || addresses.Any(IPAddress.IsLoopback) ? OfThisMachine() : [];
        foreach (var node in there)
            if ((await AddressesAsync(node.PostgresHost)).Any(a => addresses.Contains(a) || here.Contains(a) || (host.StartsWith('/') && IPAddress.IsLoopback(a))))
                return node.Name;
        return null;
    }

    private async Task<IPAddress[]> AddressesAsync(string host)
    {
        var known = _names.AddOrUpdate(host, Ask, (name, old) => time.GetElapsedTime(old.Asked) < Keep ? old : Ask(name)).Addresses;
        try
        {
            return await known.WaitAsync(Patience, time);
        }
        catch (Exception e) when (e is SocketException or TimeoutException or ArgumentException)
        {
            return [];
        }
    }

    private (Task<IPAddress[]> Addresses, long Asked) Ask(string host) => (Task.Run(() => Dns.GetHostAddressesAsync(host)), time.GetTimestamp());

    /// <summary>A standby that streams over a loopback address or a socket has its upstream on this machine, whatever address the configuration has for that.</summary>
    private static IPAddress[] OfThisMachine() =>
        [.. NetworkInterface.GetAllNetworkInterfaces().SelectMany(i => i.GetIPProperties().UnicastAddresses).Select(a => a.Address).Where(a => !IPAddress.IsLoopback(a))];
}
