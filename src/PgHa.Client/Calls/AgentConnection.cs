using System.Net.Sockets;

namespace PgHa.Client.Calls;

/// <summary>
/// Connects to an agent. A machine that is gone does not answer. Each phase of an operation asks it again, because it may be back, but after
/// the first time it waits less. A machine that runs accepts a connection at once, however busy it is. Where only the agent is frozen its kernel
/// accepts connections: that calls go unanswered is noted apart.
/// </summary>
internal sealed class AgentConnection(TimeProvider time)
{
    private static readonly TimeSpan Usual = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AfterSilence = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan SilentFor = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Unheard = TimeSpan.FromSeconds(1);
    private long _silentSince, _unansweredSince;

    /// <summary>A call was given up without an answer a moment ago, and no other one was answered since.</summary>
    internal bool LeavesUnanswered => IsRecent(ref _unansweredSince);

    private bool IsSilent => IsRecent(ref _silentSince);

    private bool IsRecent(ref long since) => Volatile.Read(ref since) is not 0 and var then && time.GetElapsedTime(then) < SilentFor;

    internal async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancel)
    {
        var within = IsSilent ? AfterSilence : Usual;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(within);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, deadline.Token);
            Volatile.Write(ref _silentSince, 0);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            socket.Dispose();
            Note(ref _silentSince);
            throw new TimeoutException($"no answer to a connection within {within.TotalSeconds} s");
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A call was given up without an answer. That its machine is gone is not known, but the next connection shows it soon.</summary>
    internal void Unanswered(long sent)
    {
        if (time.GetElapsedTime(sent) < Unheard)
            return;
        Note(ref _silentSince);
        Note(ref _unansweredSince);
    }

    /// <summary>It answers.</summary>
    internal void Answered() => Volatile.Write(ref _unansweredSince, 0);

    private void Note(ref long since)
    {
        if (!IsRecent(ref since))
            Volatile.Write(ref since, time.GetTimestamp());
    }
}
