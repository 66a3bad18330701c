using System.Net;
using System.Net.Sockets;

namespace PgHa.Cluster.Tests.Harness;

/// <summary>
/// The port of a stopped node, held by a program that hangs up at once. A server cannot start there, and the program is not taken for one:
/// a server would answer, or be silent.
/// </summary>
internal sealed class TakenPort : IDisposable
{
    private readonly TcpListener _listener;

    public TakenPort(TestNode node)
    {
        _listener = new(IPAddress.Parse(node.Address), node.Postgres.Port);
        _listener.Start();
        _ = HangUp();
    }

    public void Dispose() => _listener.Dispose();

    private async Task HangUp()
    {
        try
        {
            while (true) (await _listener.AcceptSocketAsync()).Dispose();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // the port is free again
        }
    }
}
