using System.Net;
using System.Net.Sockets;
using PgHa.Client.Calls;

namespace PgHa.Agent.Tests.Client;

/// <summary>A machine that falls silent costs the whole bound of a call once, and little after that.</summary>
[Trait("Category", "Fast")]
public sealed class SilentAgentTests
{
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    [Fact]
    public async Task After_a_call_without_an_answer_the_next_connection_is_waited_for_less()
    {
        using var listening = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listening.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listening.Listen(1);
        var place = (IPEndPoint)listening.LocalEndPoint!;
        var client = new AgentClient(new AgentPlace("n1", new Uri($"http://{place}")) { Time = TimeProvider.System });
        Assert.EndsWith("no answer in time", (await client.ObserveAsync(true, Cancel)).Refusal?.Message, StringComparison.Ordinal);
        var full = await Fill(place);
        Assert.EndsWith("no answer to a connection within 0.3 s", (await client.ObserveAsync(true, Cancel)).Refusal?.Message, StringComparison.Ordinal);
        full.ForEach(s => s.Dispose());
    }

    /// <summary>Nobody accepts: from some connection on the kernel answers no more, as if there were no machine.</summary>
    private static async Task<List<Socket>> Fill(IPEndPoint place)
    {
        var waiting = new List<Socket>();
        while (true)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            waiting.Add(socket);
            using var bound = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
            try
            {
                await socket.ConnectAsync(place, bound.Token);
            }
            catch (OperationCanceledException)
            {
                return waiting;
            }
        }
    }
}
