using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace PgHa.Cluster.Tests.Harness;

/// <summary>A real guard on one node's server, and what an agent says to it.</summary>
internal sealed partial class GuardClient(TestNode node) : IAsyncDisposable
{
    private readonly string _socket = node.In("guard.socket");
    private Process? _guard;
    private Socket? _link;
    private StreamReader? _reader;
    private long _number;

    public string LogFile { get; } = node.In("guard.log");

    /// <summary>The clock that guard and agent have in common.</summary>
    public static TimeSpan Now => Clock(7, out var now) == 0 ? TimeSpan.FromSeconds(now[0]) + TimeSpan.FromMicroseconds(now[1] / 1000.0) : throw new InvalidOperationException("CLOCK_BOOTTIME");

    public int Pid => _guard!.Id;

    public bool IsRunning => _guard is { HasExited: false };

    /// <summary>Beside a server that runs alone.</summary>
    public static async Task<GuardClient> Beside(TestNode node)
    {
        await node.Postgres.Start();
        var guard = new GuardClient(node);
        await guard.Start();
        return guard;
    }

    public async Task Start()
    {
        _guard = AsPostgres.StartLogged(LogFile, AgentProcess.Binary, "guard", "--data-directory", node.Postgres.DataDirectory, "--socket", _socket);
        await Connect();
    }

    public async Task Connect()
    {
        await Wait.Until("the guard listens", async () =>
        {
            _link = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await _link.ConnectAsync(new UnixDomainSocketEndPoint(_socket), TestContext.Current.CancellationToken);
                return true;
            }
            catch (SocketException)
            {
                _link.Dispose();
                return false;
            }
        });
        _reader = new(new NetworkStream(_link!), Encoding.ASCII);
    }

    public Task<string> Until(TimeSpan until) => Say($"until {++_number} {until.Ticks}");

    public Task<string> Rest() => Say($"rest {++_number}");

    /// <summary>The first word of the answer; empty where the guard hangs up.</summary>
    public async Task<string> Say(string line)
    {
        await _link!.SendAsync(Encoding.ASCII.GetBytes(line + "\n"), TestContext.Current.CancellationToken);
        return (await _reader!.ReadLineAsync(TestContext.Current.CancellationToken))?.Split(' ')[0] ?? "";
    }

    public void HangUp() => _link!.Dispose();

    [System.Runtime.CompilerServices.InlineArray(2)]
    private struct Timespec
    {
        private long first;
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int Clock(int clock, out Timespec now);

    public async ValueTask DisposeAsync()
    {
        _link?.Dispose();
        if (!IsRunning) return;
        Signal.Send(Pid, Signal.Kill);
        await _guard!.WaitForExitAsync(CancellationToken.None);
    }
}
