using System.ComponentModel;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;
using PgHa.Agent.Files;
using PgHa.Agent.Leadership;
using PgHa.Agent.Postgres;

namespace PgHa.Agent.Guard;

/// <summary>
/// The agent's side: starts the guard where none runs, and believes only what it has confirmed. A guard that ends is seen in that moment, because its connection does: another one is started, and told the
/// same deadline.
/// </summary>
/// <param name="dataDirectory">The data directory that is guarded.</param>
/// <param name="socket">Where the guard listens.</param>
/// <param name="program">The executable of pgha.</param>
/// <param name="time">The clock of waits.</param>
internal sealed class GuardLink(string dataDirectory, string socket, string program, TimeProvider time) : IGuard, IAsyncDisposable
{
    private const int SocketLevel = 1, PeerCredentials = 17; // SOL_SOCKET, SO_PEERCRED
    private const int Attempts = 5;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10), AnswersWithin = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan StartWithin = TimeSpan.FromSeconds(5), StartAgain = TimeSpan.FromMilliseconds(500), ReplacedWithin = TimeSpan.FromSeconds(1);
    private const int MostUnread = 16;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly CancellationTokenSource _ends = new();
    private Link? _link;
    private Task _hearing = Task.CompletedTask;
    private TimeSpan? _last; // what was confirmed last, and holds yet
    private long _number;
    private int? _guard;

    /// <summary>The server may write until then. What the guard has confirmed; null: nothing, because it does not answer or has fenced the server.</summary>
    public Task<TimeSpan?> SetAsync(TimeSpan until, CancellationToken cancel) => AloneAsync(() => ConfirmAsync(until, cancel), cancel);

    /// <inheritdoc />
    public Task<bool> RestAsync(CancellationToken cancel) => AloneAsync(async () =>
    {
        _last = null;
        return await SayAsync(GuardWord.Rest, default, cancel, starts: false) is null or { Word: GuardWord.Rest };
    }, cancel);

    /// <inheritdoc />
    public Task<TimeSpan?> AskAsync(CancellationToken cancel, bool starts = false) =>
        AloneAsync(async () => await SayAsync(GuardWord.Ask, default, cancel, starts) is { Word: GuardWord.Until } answer ? answer.Until : (TimeSpan?)null, cancel);

    private async Task<T> AloneAsync<T>(Func<Task<T>> said, CancellationToken cancel)
    {
        await _turn.WaitAsync(cancel);
        try
        {
            return await said();
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<TimeSpan?> ConfirmAsync(TimeSpan until, CancellationToken cancel)
    {
        var heard = await SayAsync(GuardWord.Until, until, cancel);
        _last = heard is null ? _last : heard.Word == GuardWord.Until ? heard.Until : null;
        return heard is { Word: GuardWord.Until } ? heard.Until : null;
    }

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
                var link = _link ??= await ConnectAsync(starts, cancel);
                var said = new GuardWire(word, ++_number, until);
                await link.Stream.WriteAsync(Encoding.ASCII.GetBytes(said.Line + "\n"), cancel);
                await foreach (var heard in link.Heard.Reader.ReadAllAsync(cancel))
                    if (heard.Number == said.Number)
                        return heard;
            }
            catch (Exception e) when (e is IOException or SocketException or Win32Exception or ObjectDisposedException)
            {
                // it has ended: another one is started
            }
            await CloseAsync();
        }
        return null;
    }

    /// <summary>Reads what the guard says until it ends, or says something else than a guard does. One that never said a word is not replaced: whoever spoke to it tries again.</summary>
    private async Task HearAsync(Link link)
    {
        var ends = _ends.Token;
        if (await ReadAsync(link, ends))
            await ReplaceAsync(link, ends);
    }

    /// <summary>Whether anything was heard before its end.</summary>
    private static async Task<bool> ReadAsync(Link link, CancellationToken cancel)
    {
        var spoke = false;
        try
        {
            using var reader = new StreamReader(link.Stream, Encoding.ASCII, leaveOpen: true);
            while (await reader.ReadLineAsync(cancel) is { } line && GuardWire.Read(line) is { } heard)
                spoke |= link.Heard.Writer.TryWrite(heard);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // it has ended, or is not heard any more
        }
        finally
        {
            link.Heard.Writer.Complete();
        }
        return spoke;
    }

    /// <summary>The next guard is told what holds, unless that was done meanwhile. The bound is short: others wait for their turn, and say the next deadline.</summary>
    private async Task ReplaceAsync(Link ended, CancellationToken cancel)
    {
        using var late = new CancellationTokenSource(ReplacedWithin, time);
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancel);
        try
        {
            await AloneAsync(async () => (_link is null || _link == ended) && _last is { } until ? await ConfirmAsync(until, bound.Token) : null, bound.Token);
        }
        catch (OperationCanceledException)
        {
            // this agent ends, or no guard could be started in time: the next word tries it again
        }
    }

    private async Task<Link> ConnectAsync(bool starts, CancellationToken cancel)
    {
        var begun = time.GetTimestamp();
        for (long? started = null; ; await Task.Delay(Pause, time, cancel))
        {
            try
            {
                var opened = await OpenAsync(cancel);
                _guard = PeerOf(opened);
                var link = new Link(new(opened, ownsSocket: true), Channel.CreateBounded<GuardWire>(MostUnread));
                _hearing = HearAsync(link);
                return link;
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
        if (_link is { } link)
            await link.Stream.DisposeAsync();
        (_link, _guard) = (null, null);
    }

    public async ValueTask DisposeAsync()
    {
        await _ends.CancelAsync();
        await CloseAsync();
        await _hearing;
        _ends.Dispose();
    }

    private sealed record Link(NetworkStream Stream, Channel<GuardWire> Heard);
}
