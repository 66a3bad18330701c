using System.ComponentModel;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using PgHa.Agent.Files;
using PgHa.Agent.Leadership;
using PgHa.Agent.Postgres;

namespace PgHa.Agent.Guard;

/// <summary>The agent's side: starts the guard where none runs, and believes only what it has confirmed.</summary>
/// <param name="dataDirectory">The data directory that is guarded.</param>
/// <param name="socket">Where the guard listens.</param>
/// <param name="program">The executable of pgha.</param>
/// <param name="time">The clock of waits.</param>
internal sealed class GuardLink(string dataDirectory, string socket, string program, TimeProvider time) : IGuard, IAsyncDisposable
{
    private const int SocketLevel = 1, PeerCredentials = 17; // SOL_SOCKET, SO_PEERCRED
    private const int Attempts = 5;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10), AnswersWithin = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan StartWithin = TimeSpan.FromSeconds(5), StartAgain = TimeSpan.FromMilliseconds(500);
    private StreamReader? _reader;
    private NetworkStream? _stream;
    private long _number;
    private int? _guard;

    /// <summary>The server may write until then. What the guard has confirmed; null: nothing, because it does not answer or has fenced the server.</summary>
    public async Task<TimeSpan?> SetAsync(TimeSpan until, CancellationToken cancel) =>
        await SayAsync(GuardWord.Until, until, cancel) is { Word: GuardWord.Until } confirmed ? confirmed.Until : null;

    /// <inheritdoc />
    public async Task<bool> RestAsync(CancellationToken cancel) => await SayAsync(GuardWord.Rest, default, cancel, starts: false) is null or { Word: GuardWord.Rest };

    /// <inheritdoc />
    public async Task<TimeSpan?> AskAsync(CancellationToken cancel, bool starts = false) => await SayAsync(GuardWord.Ask, default, cancel, starts) is { Word: GuardWord.Until } answer ? answer.Until : null;

    /// <summary>A guard that is stopped by a signal guards nothing: it is killed, and another one started at the next word.</summary>
    private async Task<GuardWire?> SayAsync(GuardWord word, TimeSpan until, CancellationToken cancel, bool starts = true)
    {
        using var late = new CancellationTokenSource(AnswersWithin, time);
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancel);
        try
        {
            return await TrySayAsync(word, until, starts, bound.Token);
        }
        catch (OperationCanceledException)
        {
            EndFrozen();
            cancel.ThrowIfCancellationRequested();
            return null;
        }
    }

    private void EndFrozen()
    {
        if (_guard is not { } pid || Linux.OpenProcess(pid) is not { } handle)
            return;
        using (handle)
            if (ServerProcess.IsFrozen(pid))
                Linux.Signal(handle, Linux.SigKill);
    }

    /// <summary>A guard that is dying may still be connected to: what it did not answer is said to the next one.</summary>
    private async Task<GuardWire?> TrySayAsync(GuardWord word, TimeSpan until, bool starts, CancellationToken cancel)
    {
        for (var attempt = 0; attempt < (starts ? Attempts : 1); attempt++)
        {
            if (attempt > 1)
                await Task.Delay(Pause, time, cancel);
            try
            {
                if (_stream is null)
                    await ConnectAsync(starts, cancel);
                var said = new GuardWire(word, ++_number, until);
                await _stream!.WriteAsync(Encoding.ASCII.GetBytes(said.Line + "\n"), cancel);
                while (await _reader!.ReadLineAsync(cancel) is { } line && GuardWire.Read(line) is { } heard)
                    if (heard.Number == said.Number)
                        return heard;
            }
            catch (Exception e) when (e is IOException or SocketException or Win32Exception)
            {
                // it has ended: another one is started
            }
            catch (OperationCanceledException)
            {
                await CloseAsync(); // an answer may be half read
                throw;
            }
            await CloseAsync();
        }
        return null;
    }

    private async Task ConnectAsync(bool starts, CancellationToken cancel)
    {
        var begun = time.GetTimestamp();
        for (long? started = null; ; await Task.Delay(Pause, time, cancel))
        {
            try
            {
                _stream = new(await OpenAsync(cancel), ownsSocket: true);
                _reader = new(_stream, Encoding.ASCII);
                _guard = PeerOf(_stream.Socket);
                return;
            }
            catch (SocketException) when (starts && time.GetElapsedTime(begun) < StartWithin)
            {
                if (started is { } last && time.GetElapsedTime(last) < StartAgain)
                    continue;
                Start(); // one that was about to end may have been in the way of the first
                started = time.GetTimestamp();
            }
        }
    }

    private async Task<Socket> OpenAsync(CancellationToken cancel)
    {
        var link = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await link.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancel);
            return link;
        }
        catch
        {
            link.Dispose();
            throw;
        }
    }

    /// <summary>The process that listens at the other end.</summary>
    private static int PeerOf(Socket link)
    {
        Span<byte> credentials = stackalloc byte[12];
        return link.GetRawSocketOption(SocketLevel, PeerCredentials, credentials) == credentials.Length ? BitConverter.ToInt32(credentials) : 0;
    }

    /// <summary>In a session of its own: what ends the agent does not end it.</summary>
    private void Start()
    {
        var start = new ProcessStartInfo("setsid", [program, "guard", "--data-directory", dataDirectory, "--socket", socket]) { WorkingDirectory = "/" };
        start.Environment["LC_ALL"] = "C";
        Process.Start(start)!.Dispose();
    }

    private async Task CloseAsync()
    {
        _reader?.Dispose();
        if (_stream is not null)
            await _stream.DisposeAsync();
        (_reader, _stream) = (null, null);
    }

    public async ValueTask DisposeAsync() => await CloseAsync();
}
