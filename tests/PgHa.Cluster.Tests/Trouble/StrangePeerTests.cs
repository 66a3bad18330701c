using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace PgHa.Cluster.Tests.Trouble;

/// <summary>Something listens where the other node's agent should: whatever it answers, that agent is away, and this one goes on.</summary>
public sealed class StrangePeerTests : ClusterTest
{
    private const string Json = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";

    private static readonly (string What, string Answer)[] Answers =
    [
        ("a charset that nobody knows", "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=klingon\r\nContent-Length: 2\r\n\r\n{}"),
        ("a refusal with such a charset", "HTTP/1.1 409 No\r\nContent-Type: application/json; charset=klingon\r\nContent-Length: 2\r\n\r\n{}"),
        ("no HTTP", "\u0015\u0003\u0001 this is no HTTP\r\n\r\n"),
        ("null", Json + "Content-Length: 4\r\n\r\nnull"),
        ("a list", Json + "Content-Length: 2\r\n\r\n[]"),
        ("nothing but its name", Json + "Content-Length: 20\r\n\r\n{\"node\":\"pg-node02\"}"),
        ("nulls", Json + "Content-Length: 90\r\n\r\n{\"node\":null,\"boot_id\":null,\"live_operations\":null,\"server\":null,\"identity\":{\"nodes\":null}}"),
        ("deep nesting", Json + "Content-Length: 100000\r\n\r\n" + new string('[', 100000)),
        ("a length that is not kept", Json + "Content-Length: 5000\r\n\r\n{"),
        ("a redirect", "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"),
        ("without end", ""),
        ("nothing", ""),
        ("a reset", ""),
    ];

    [Fact]
    public async Task It_is_away()
    {
        var cluster = Keep(await TestCluster.FilesOnly());
        await cluster.StartServers();
        await cluster.N1.StartAgent();
        foreach (var (what, answer) in Answers)
        {
            using var peer = new TcpListener(IPAddress.Parse(cluster.N2.Address), cluster.N2.AgentUrl.Port);
            using var end = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            peer.Start();
            var answering = ServeAsync(peer, what, answer, end.Token);
            var states = await cluster.N1.Api.Get("instance/all");
            Assert.True(states is { Status: 200, Elapsed.TotalSeconds: < 5 } && states.State(cluster.N2) == "unknown", $"{what}: {states}");
            var refused = await cluster.N1.Api.Post("instance/switchover/masterSlave");
            Assert.True(refused.Status is 409 or 502, $"{what}: {refused}");
            Assert.True((await cluster.N1.Api.Get("slots/all")).Status == 200 && cluster.N1.Agent.IsRunning, what);
            await end.CancelAsync();
            peer.Stop();
            await answering;
        }
        var peak = File.ReadLines($"/proc/{cluster.N1.Agent.Pid}/status").First(l => l.StartsWith("VmHWM", StringComparison.Ordinal)).Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1];
        Assert.InRange(int.Parse(peak, CultureInfo.InvariantCulture), 0, 600_000);
        await cluster.N2.StartAgent(); // the real one is back
        await cluster.WaitForStates("master", "slave");
    }

    private static async Task ServeAsync(TcpListener peer, string what, string answer, CancellationToken cancel)
    {
        var all = new List<Task>();
        try
        {
            while (true)
                all.Add(AnswerAsync(await peer.AcceptSocketAsync(cancel), what, Encoding.Latin1.GetBytes(answer), cancel));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(all);
        }
    }

    private static async Task AnswerAsync(Socket socket, string what, byte[] answer, CancellationToken cancel)
    {
        using var connection = socket;
        try
        {
            if (what == "a reset")
            {
                connection.LingerState = new LingerOption(true, 0);
                return;
            }
            await connection.ReceiveAsync(new byte[1 << 14], cancel);
            if (what == "nothing")
                await Task.Delay(Timeout.Infinite, cancel);
            if (what == "without end")
                await connection.SendAsync(Encoding.ASCII.GetBytes(Json + "\r\n{\"node\":\""), cancel);
            var piece = Encoding.ASCII.GetBytes(new string('x', 1 << 16));
            while (what == "without end")
                await connection.SendAsync(piece, cancel);
            await connection.SendAsync(answer, cancel);
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            // the agent has hung up, or the test is over
        }
    }
}
