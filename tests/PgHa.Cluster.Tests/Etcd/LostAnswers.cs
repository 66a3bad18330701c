using System.Net;
using System.Net.Sockets;

namespace PgHa.Cluster.Tests.Etcd;

/// <summary>The network before a member: all that is sent reaches it, and from a moment on nothing comes back.</summary>
internal sealed class LostAnswers : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource end = new();
    private readonly Uri target;
    private readonly Task accepting;

    public LostAnswers(Uri target)
    {
        this.target = target;
        listener.Start();
        Url = new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
        accepting = Accept();
    }

    public Uri Url { get; }

    public bool Loses { get; set; }

    public async ValueTask DisposeAsync()
    {
        await end.CancelAsync();
        listener.Stop();
        await accepting;
        end.Dispose();
    }

    private async Task Accept()
    {
        try
        {
            while (true) _ = Carry(await listener.AcceptTcpClientAsync(end.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            // the test is over
        }
    }

    private async Task Carry(TcpClient client)
    {
        using var server = new TcpClient();
        using (client)
        {
            try
            {
                await server.ConnectAsync(target.Host, target.Port, end.Token);
                await Task.WhenAny(Copy(client.GetStream(), server.GetStream(), () => true), Copy(server.GetStream(), client.GetStream(), () => !Loses));
            }
            catch (SocketException)
            {
                // the member is gone
            }
        }
    }

    private async Task Copy(NetworkStream from, NetworkStream to, Func<bool> passes)
    {
        try
        {
            var piece = new byte[1 << 16];
            while (await from.ReadAsync(piece, end.Token) is > 0 and var read)
                if (passes()) await to.WriteAsync(piece.AsMemory(0, read), end.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // one end is closed
        }
    }
}
