using System.Net.Sockets;
using PgHa.Agent.Configuration;
using PgHa.Agent.Files;
using PgHa.Client.Operations;

namespace PgHa.Agent.Postgres;

/// <summary>Where a new server of this node listens: the address of its <c>nodes</c> entry, and a socket directory it can write to.</summary>
internal sealed class ListenPlace(AgentOptions options)
{
    /// <summary>sun_path has room for 107 bytes; <c>/.s.PGSQL.65535</c> and its lock follow.</summary>
    private const int LongestSocketFolder = 85;

    /// <summary>
    /// The socket directories to set; null where those given will do. Nodes on one machine (a loopback address) each get their own: on the
    /// same port they would otherwise meet in one directory.
    /// </summary>
    /// <param name="given">unix_socket_directories as it stands.</param>
    internal string? SocketFolder(string given)
    {
        var usable = given.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).All(Linux.MayWrite);
        if (usable && !HostAccess.IsLoopback(options.Self.PostgresHost))
            return null;
        return options.StateDir.Length <= LongestSocketFolder ? options.StateDir : "/tmp";
    }

    /// <summary>Null where the address is free, else why no server can be started on it.</summary>
    internal async Task<Refusal?> RefuseTakenAsync(CancellationToken cancel)
    {
        var (host, port) = (options.Self.PostgresHost, options.Self.PostgresPort);
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        bounded.CancelAfter(TimeSpan.FromSeconds(2));
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(host, port, bounded.Token);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            cancel.ThrowIfCancellationRequested();
            return null;
        }
        return new(Code.WrongState, $"a server already runs at {host}:{port}, the address of {options.Node}",
            "stop it, or correct the address of this node in the configuration");
    }
}
