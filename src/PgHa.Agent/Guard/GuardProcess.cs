using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Extensions.Logging;
using PgHa.Agent.Configuration;
using PgHa.Agent.Files;

namespace PgHa.Agent.Guard;

/// <summary><c>pgha guard</c>: listens on a socket that only its user can reach, and ends when there is nothing left to guard and nobody left to ask.</summary>
public sealed partial class GuardProcess
{
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(5), Pause = TimeSpan.FromMilliseconds(100);
    private readonly string _socket;
    private readonly GuardDuty _duty;
    private readonly ILogger _log;
    private readonly TimeProvider _time;
    private int _links;

    private GuardProcess(string socket, GuardDuty duty, TimeProvider time, ILogger log) => (_socket, _duty, _time, _log) = (socket, duty, time, log);

    /// <summary>Runs until there is nothing to guard. A signal to end is heard when there is not. One of a socket's name runs at a time: a second one ends at once.</summary>
    /// <param name="dataDirectory">The data directory whose server it ends.</param>
    /// <param name="socket">Where its agent reaches it.</param>
    /// <param name="time">The clock for its own end; deadlines are the machine's.</param>
    /// <exception cref="IOException">It cannot listen there.</exception>
    public static async Task RunAsync(string dataDirectory, string socket, TimeProvider time)
    {
        Linux.KeepFilesPrivate();
        using var only = OpenLock(socket + ".lock");
        if (only is null)
            return;
        using var logging = LoggerFactory.Create(l => AgentLog.AddTo(l, LogForm.Text));
        var log = logging.CreateLogger("guard");
        using var signals = new Signals();
        using var duty = new GuardDuty(new Fence(dataDirectory), log);
        if (Urgency.Raise() is { } refused)
            LogNotUrgent(log, refused);
        await new GuardProcess(socket, duty, time, log).ListenAsync(signals.Ended);
    }

    /// <summary>Null where another guard has it.</summary>
    private static FileStream? OpenLock(string file)
    {
        const int heldByAnother = 11; // EWOULDBLOCK
        try
        {
            return new(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e.HResult == heldByAnother)
        {
            return null;
        }
    }

    /// <summary>Signals that would end it are only noted.</summary>
    private sealed class Signals : IDisposable
    {
        private readonly CancellationTokenSource _ended = new();
        private readonly PosixSignalRegistration[] _heard;

        internal Signals() => _heard =
            [.. new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGHUP, PosixSignal.SIGQUIT }.Select(s => PosixSignalRegistration.Create(s, Note))];

        internal CancellationToken Ended => _ended.Token;

        public void Dispose()
        {
            foreach (var heard in _heard)
                heard.Dispose();
            _ended.Dispose();
        }

        private void Note(PosixSignalContext signal)
        {
            signal.Cancel = true;
            _ended.Cancel();
        }
    }

    private async Task ListenAsync(CancellationToken cancel)
    {
        File.Delete(_socket); // left behind: whoever holds the lock is alone
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(_socket));
        listener.Listen(4);
        var last = _time.GetTimestamp();
        while (true)
        {
            using var waiting = new CancellationTokenSource(Idle, _time);
            try
            {
                _ = ServeAsync(await listener.AcceptAsync(waiting.Token));
            }
            catch (OperationCanceledException)
            {
                // nobody came
            }
            catch (SocketException e)
            {
                LogNotAccepted(e.Message);
                await Task.Delay(Pause, _time, CancellationToken.None);
            }
            if (_duty.IsOnDuty || Volatile.Read(ref _links) > 0)
                last = _time.GetTimestamp();
            else if (cancel.IsCancellationRequested || _time.GetElapsedTime(last) > Idle)
                return;
        }
    }

    private async Task ServeAsync(Socket link)
    {
        Interlocked.Increment(ref _links);
        try
        {
            using var stream = new NetworkStream(link, ownsSocket: true);
            using var reader = new StreamReader(stream, Encoding.ASCII);
            while (await reader.ReadLineAsync() is { Length: <= GuardWire.Longest } line && GuardWire.Read(line) is { } said)
                await stream.WriteAsync(Encoding.ASCII.GetBytes(_duty.Hear(said).Line + "\n"));
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // its agent has ended: the deadline stays
        }
        finally
        {
            Interlocked.Decrement(ref _links);
            if (_duty.IsOnDuty)
                LogAlone();
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "no link can be accepted: {Why}")]
    private partial void LogNotAccepted(string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the agent is gone; the deadline that it set last stays")]
    private partial void LogAlone();

    [LoggerMessage(Level = LogLevel.Warning, Message = "not permitted: {What}; on a machine that is short of memory or processors the guard may be late")]
    private static partial void LogNotUrgent(ILogger log, string what);
}
