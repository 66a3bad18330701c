using System.Net;
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
    /// The socket directories to set; null if those given will do. Nodes on one machine (a loopback address) each get their own: on the
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

    /// <summary>Whether a server with these <c>listen_addresses</c> can be reached at a host; null if a name cannot be resolved now.</summary>
    internal static async Task<bool?> CoversAsync(string listen, string host, CancellationToken cancel)
    {
        var wanted = await ResolveAsync(host, cancel);
        var given = listen.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(a => a.Trim('"')).ToArray();
        if (given.Contains("*") || given.Contains(host, StringComparer.OrdinalIgnoreCase))
            return true;
        var addresses = await Task.WhenAll(given.Select(a => ResolveAsync(a, cancel)));
        if (wanted.Any(w => addresses.Any(all => all.Any(a => Covers(a, w)))))
            return true;
        return wanted.Length == 0 || addresses.Any(a => a.Length == 0) ? null : false;
    }

    private static bool Covers(IPAddress listening, IPAddress wanted) => listening.AddressFamily == wanted.AddressFamily
        && (listening.Equals(wanted) || listening.Equals(IPAddress.Any) || listening.Equals(IPAddress.IPv6Any));

    private static async Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancel)
    {
        if (IPAddress.TryParse(host, out var address))
            return [address];
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        bounded.CancelAfter(TimeSpan.FromSeconds(2));
        try
        {
            return await Dns.GetHostAddressesAsync(host, bounded.Token);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            cancel.ThrowIfCancellationRequested();
            return [];
        }
    }

    /// <summary>Null if the address is free, else why no server can be started on it.</summary>
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
