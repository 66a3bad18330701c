using System.Net;
using System.Net.Sockets;
using System.Text;

namespace PgHa.Cluster.Tests.Harness;

/// <summary>The network before an agent: a TCP relay that can keep back the rest of one answer, break every connection off, and reset all that come.</summary>
internal sealed class Relay : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly Uri target;
    private readonly CancellationTokenSource end = new();
    private readonly Task accepting;
    private CancellationTokenSource connections = new();
    private Hold? hold;
    private Reset? reset;

    private Relay(Uri target)
    {
        this.target = target;
        listener.Start();
        Url = new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
        accepting = Accept();
    }

    public Uri Url { get; }

    /// <summary>Whoever <paramref name="node"/> is, it reaches the agent of <paramref name="peer"/> through the relay.</summary>
    public static async Task<Relay> Between(TestNode node, TestNode peer)
    {
        var relay = new Relay(peer.AgentUrl);
        foreach (var each in (TestNode[])[node, peer]) // agents that list different addresses disagree about the cluster
            await each.ChangeAgentConfig($"agent: \"{peer.AgentUrl.GetLeftPart(UriPartial.Authority)}\"", $"agent: \"{relay.Url.GetLeftPart(UriPartial.Authority)}\"");
        return relay;
    }

    /// <summary>The answer to the next request whose text contains this stops after so many bytes.</summary>
    public Hold HoldBack(string request, int after) => hold = new Hold(request, after);

    /// <summary>With that request every connection is reset, and each that comes afterwards, until it is mended.</summary>
    /// <param name="request">The how many-th from now on.</param>
    /// <param name="answered">It still reaches the agent; only its answer is lost.</param>
    public Reset ResetAt(int request, bool answered) => reset = new Reset(request, answered);

    /// <summary>Every connection ends; new ones are accepted.</summary>
    public async Task Cut()
    {
        await Interlocked.Exchange(ref connections, new()).CancelAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await end.CancelAsync();
        await connections.CancelAsync();
        listener.Stop();
        await accepting;
    }

    private async Task Accept()
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptTcpClientAsync(end.Token);
                if (reset is { Goes: true } going)
                    going.Refuse(client);
                else
                    _ = Carry(client, connections.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException)
        {
            // the test is over
        }
    }

    private async Task Carry(TcpClient client, CancellationToken cancel)
    {
        using var server = new TcpClient();
        using (client)
        {
            try
            {
                await server.ConnectAsync(target.Host, target.Port, cancel);
                var held = new Held();
                await await Task.WhenAny(Requests(client.GetStream(), server.GetStream(), held, cancel), Answers(server.GetStream(), client.GetStream(), held, cancel));
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
            {
                // both ends are closed now
            }
            if (reset is { Goes: true })
                client.LingerState = new LingerOption(true, 0);
        }
    }

    /// <summary>A request of an agent fits into one piece.</summary>
    private async Task Requests(NetworkStream from, NetworkStream to, Held held, CancellationToken cancel)
    {
        var piece = new byte[1 << 16];
        while (await from.ReadAsync(piece, cancel) is > 0 and var read)
        {
            if (hold is { } wanted && Encoding.ASCII.GetString(piece, 0, read).Contains(wanted.Request, StringComparison.Ordinal))
                (held.By, held.Left, hold) = (wanted, wanted.After, null);
            if (reset?.Counts() == true)
            {
                if (reset.Answered)
                    held.Reset = reset;
                else
                    await Begin(reset);
            }
            await to.WriteAsync(piece.AsMemory(0, read), cancel);
        }
    }

    private async Task Begin(Reset reset)
    {
        reset.Begin();
        await Cut();
    }

    private async Task Answers(NetworkStream from, NetworkStream to, Held held, CancellationToken cancel)
    {
        var piece = new byte[1 << 16];
        while (await from.ReadAsync(piece, cancel) is > 0 and var read)
        {
            if (held.Reset is { } lost) await Begin(lost);
            var begin = held.By is null ? 0 : Math.Min(held.Left, read);
            await to.WriteAsync(piece.AsMemory(0, begin), cancel);
            if (held.By is { } by && (held.Left -= begin) == 0)
            {
                held.By = null;
                await by.Reached(cancel);
            }
            await to.WriteAsync(piece.AsMemory(begin, read - begin), cancel);
        }
    }

    private sealed class Held
    {
        public Hold? By { get; set; }

        public int Left { get; set; }

        public Reset? Reset { get; set; }
    }
}

/// <summary>A network that resets all connections from a request on.</summary>
internal sealed class Reset(int request, bool answered)
{
    private readonly TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource refusedSome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int left = request;
    private int refused;
    private volatile bool mended;

    public bool Answered { get; } = answered;

    public bool Goes { get; private set; }

    /// <summary>It has begun.</summary>
    public Task Begun => begun.Task;

    /// <summary>Three connections were reset that came later.</summary>
    public Task RefusedSome => refusedSome.Task;

    /// <summary>It ends, or does not begin any more.</summary>
    public void Mend() => (mended, Goes) = (true, false);

    /// <summary>Whether this request is the one.</summary>
    internal bool Counts() => !mended && Interlocked.Decrement(ref left) == 0;

    internal void Begin()
    {
        Goes = !mended;
        begun.TrySetResult();
    }

    internal void Refuse(TcpClient client)
    {
        client.LingerState = new LingerOption(true, 0);
        client.Dispose();
        if (Interlocked.Increment(ref refused) == 3) refusedSome.TrySetResult();
    }
}

/// <summary>An answer that is kept back after its first bytes.</summary>
internal sealed class Hold(string request, int after)
{
    private readonly TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Request { get; } = request;

    public int After { get; } = after;

    /// <summary>Waits until that much has been passed on.</summary>
    public Task Wait() => reached.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

    public void Release() => released.SetResult();

    internal Task Reached(CancellationToken cancel)
    {
        reached.SetResult();
        return released.Task.WaitAsync(cancel);
    }
}
