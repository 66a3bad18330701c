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

    /// <summary>Its kernel accepts connections: it is frozen. As soon as it answers anything it is waited for as before.</summary>
    [Fact]
    public async Task A_frozen_agent_is_waited_for_less_until_it_answers_again()
    {
        using var listening = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listening.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listening.Listen(8);
        var client = new AgentClient(new AgentPlace("n1", new Uri($"http://{listening.LocalEndPoint}")) { Time = TimeProvider.System });
        var first = await Unanswered();
        var second = await Unanswered();
        Assert.True(second < first, $"{first} s, then {second} s");
        using var thawed = new CancellationTokenSource();
        var answers = Answer(listening, thawed.Token);
        Assert.Contains("HTTP 404", (await client.PositionAsync(Cancel)).Refusal?.Message, StringComparison.Ordinal);
        await thawed.CancelAsync();
        await answers;
        var third = await Unanswered();
        Assert.True(third > second, $"{second} s, then {third} s");

        async Task<double> Unanswered()
        {
            var begun = System.Diagnostics.Stopwatch.StartNew();
            Assert.EndsWith("no answer in time", (await client.ObserveAsync(true, Cancel)).Refusal?.Message, StringComparison.Ordinal);
            return begun.Elapsed.TotalSeconds;
        }
    }

    /// <summary>Answers whatever was asked, also what has been waiting since before.</summary>
    private static async Task Answer(Socket listening, CancellationToken cancel)
    {
        try
        {
            while (true)
            {
                using var caller = await listening.AcceptAsync(cancel);
                await caller.ReceiveAsync(new byte[4096], cancel);
                await caller.SendAsync("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray(), cancel);
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // it is frozen again
        }
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
