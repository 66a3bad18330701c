using System.Net;
using System.Net.Sockets;
using PgHa.Agent.Configuration;

namespace PgHa.Agent.Etcd;

/// <summary>Where a member listens: at its own addresses, which must be this machine's, and on ports that nobody else has.</summary>
internal static class MemberPlace
{
    /// <summary>The addresses as they stand in a URL, or why it cannot listen there. etcd wants addresses, not names.</summary>
    /// <param name="self">The member.</param>
    /// <param name="tried">Its ports must be free, too.</param>
    /// <param name="cancel">Ends the look-up of a name.</param>
    internal static async Task<(IReadOnlyList<string> Listen, Complaint? Why)> FindAsync(EtcdMember self, bool tried, CancellationToken cancel)
    {
        var host = self.Client.IdnHost;
        var (addresses, unknown) = await AddressesAsync(host, cancel);
        if (unknown is not null)
            return ([], unknown);
        var local = addresses.Where(a => Try(a, 0) is null).ToArray();
        if (local.Length == 0)
            return ([], new($"{self.Name} has the address {host}, which is none of this machine's", "is this the right machine, and do nodes and witnesses in pgha.yml have the right addresses?"));
        if (!IPAddress.TryParse(host, out _) && host != "localhost" && local.All(IPAddress.IsLoopback))
            return ([], new($"{host} means {local[0]} on this machine, where no other machine can reach it", $"write an address instead of the name, or correct {host} in /etc/hosts"));
        foreach (var (address, url) in tried ? local.SelectMany(a => new[] { (a, self.Client), (a, self.Peer) }) : [])
            if (Try(address, url.Port) is { } error)
                return ([], Taken(address, url.Port, error));
        return ([.. local.Select(a => a.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{a}]" : $"{a}")], null);
    }

    private static async Task<(IPAddress[] Addresses, Complaint? Why)> AddressesAsync(string host, CancellationToken cancel)
    {
        try
        {
            return (await Dns.GetHostAddressesAsync(host, cancel), null);
        }
        catch (SocketException e)
        {
            return ([], new($"{host} has no address: {e.Message}", "write addresses into pgha.yml, or add the name to /etc/hosts"));
        }
    }

    private static SocketError? Try(IPAddress address, int port)
    {
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(new IPEndPoint(address, port));
            socket.Listen();
            return null;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode;
        }
    }

    private static Complaint Taken(IPAddress address, int port, SocketError error) => error == SocketError.AddressAlreadyInUse
        ? new($"{address}:{port} is taken", $"does another etcd run here, such as Debian's own service (systemctl disable --now etcd)? ss -ltnp 'sport = :{port}' names it; another port: failover.etcd_port")
        : new($"etcd cannot listen on {address}:{port}: {new SocketException((int)error).Message}", "choose another failover.etcd_port, the same on all machines");
}
