using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace PgHa.Cluster.Tests.Harness;

/// <summary>Free ports below the kernel's range for outgoing connections, so that none of those can take one in between.</summary>
internal static class Ports
{
    private static readonly ConcurrentDictionary<int, bool> Given = new();

    public static int Free(string address)
    {
        while (true)
        {
            var port = Random.Shared.Next(10_000, 32_000);
            if (Given.TryAdd(port, true) && CanListen(address, port)) return port;
        }
    }

    public static bool CanListen(string address, int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Parse(address), port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
