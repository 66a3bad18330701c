using System.Net.Security;
using System.Net.Sockets;
using PgHa.Agent.Configuration;
using PgHa.Client.Calls;

namespace PgHa.Agent.Etcd;

/// <summary>How etcd is connected to: TCP that notices a dead link soon, and TLS.</summary>
internal static class EtcdConnection
{
    private const int Tcp = 6, UserTimeout = 18; // IPPROTO_TCP, TCP_USER_TIMEOUT
    private static readonly TimeSpan Connecting = TimeSpan.FromSeconds(2);

    // Without it a connection over a link that was cut sends again at intervals that double, so that after the cut it stays dead for as long once more.
    private static readonly TimeSpan Unacknowledged = TimeSpan.FromSeconds(3);

    internal static HttpClient Client(SslClientAuthenticationOptions? tls)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = ConnectAsync,
            ConnectTimeout = Connecting,
            UseProxy = false,
            AllowAutoRedirect = false,
            UseCookies = false,
        };
        if (tls is not null)
            handler.SslOptions = tls;
        return new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>What TLS presents and trusts; null: as the machine does, without a certificate.</summary>
    internal static (SslClientAuthenticationOptions? Tls, ConfigurationError? Error) Tls(EtcdOptions options)
    {
        if (options.CaFile is { } file && TlsFiles.CheckAuthorities(file) is { } complaint)
            return (null, new("failover.etcd_ca_file", complaint.Message, complaint.Hint, file));
        var tls = options.CaFile is { } authorities ? TrustedAuthorities.In(authorities) : new SslClientAuthenticationOptions();
        if (options.Tls is not { } own)
            return (tls, null);
        var (presented, error) = TlsFiles.Read(own);
        tls.ClientCertificateContext = presented;
        return (tls, error);
    }

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancel)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.SetRawSocketOption(Tcp, UserTimeout, BitConverter.GetBytes((int)Unacknowledged.TotalMilliseconds));
            await socket.ConnectAsync(context.DnsEndPoint, cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
