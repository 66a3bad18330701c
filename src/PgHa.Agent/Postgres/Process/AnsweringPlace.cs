using System.Net.Sockets;
using PgHa.Agent.Configuration;

namespace PgHa.Agent.Postgres;

/// <summary>
/// Whether anything answers where this node's server does: at its address, and on the socket that a postmaster.pid left behind names.
/// Asked only where no server is seen: a connection to a place where nobody listens is refused at once.
/// </summary>
internal sealed class AnsweringPlace(AgentOptions options, TimeProvider time)
{
    private static readonly TimeSpan Within = TimeSpan.FromMilliseconds(100);

    /// <summary>What every PostgreSQL server answers with one byte, whatever its hba and without a word in its log: SSLRequest.</summary>
    private static readonly byte[] Question = [0, 0, 0, 8, 0x04, 0xD2, 0x16, 0x2F];

    /// <summary>The place in words; null if nothing answers.</summary>
    internal async Task<string?> FindAsync(PostmasterPid? left)
    {
        var (host, port) = (options.Self.PostgresHost, options.Self.PostgresPort);
        var asked = AnswersAsync(new(SocketType.Stream, ProtocolType.Tcp), (socket, cancel) => socket.ConnectAsync(host, port, cancel));
        if (Socket(left) is { } path
            && await AnswersAsync(new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified), (socket, cancel) => socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancel)))
            return path;
        return await asked ? $"{host}:{port}, the address of {options.Node}" : null;
    }

    private static string? Socket(PostmasterPid? left) =>
        left is { SocketDirectory: { } folder, Port: { } port } && Path.Combine(folder, $".s.PGSQL.{port}") is var path && File.Exists(path) ? path : null;

    /// <summary>A peer that is silent may be a server that hangs. One that closes without an answer is no server: a relay with no server behind it does so.</summary>
    private async Task<bool> AnswersAsync(Socket socket, Func<Socket, CancellationToken, ValueTask> connect)
    {
        using (socket)
        {
            using var bound = new CancellationTokenSource(Within, time);
            var connected = false;
            try
            {
                await connect(socket, bound.Token);
                connected = true;
                await socket.SendAsync(Question, bound.Token);
                return await socket.ReceiveAsync(new byte[1], bound.Token) > 0;
            }
            catch (OperationCanceledException)
            {
                return connected;
            }
            catch (Exception e) when (e is SocketException or ArgumentException)
            {
                return false;
            }
        }
    }
}
