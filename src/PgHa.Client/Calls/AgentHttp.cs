using System.Net.Http.Headers;

namespace PgHa.Client.Calls;

/// <summary>The connections to one agent: kept for a moment, through no proxy, followed to no other address.</summary>
internal static class AgentHttp
{
    /// <summary>Of an answer that is held in memory; files are passed on piece by piece.</summary>
    private const int LongestAnswer = 1 << 26;

    /// <summary>Not for long: each connection that was kept to a machine which is gone meanwhile costs the whole bound of a call.</summary>
    private static readonly TimeSpan Kept = TimeSpan.FromSeconds(3);

    /// <summary>A connection shows the certificates of its beginning: so soon those that were exchanged count.</summary>
    private static readonly TimeSpan Trusted = TimeSpan.FromSeconds(20);

    /// <summary>With TLS. A connection that nobody waits for any more is given up.</summary>
    private static readonly TimeSpan Connecting = TimeSpan.FromSeconds(30);

    internal static HttpClient To(AgentPlace place, AgentConnection connection)
    {
        var tls = place.Address.Scheme == Uri.UriSchemeHttps ? new AgentTls(place) : null;
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = (context, cancel) => ConnectAsync(context, connection, tls, cancel),
            ConnectTimeout = Connecting,
            PooledConnectionIdleTimeout = Kept,
            PooledConnectionLifetime = tls is null ? Timeout.InfiniteTimeSpan : Trusted,
            UseProxy = false,
            AllowAutoRedirect = false,
        };
        var client = new HttpClient(new Presenting(place, connection, handler)) { BaseAddress = place.Address, Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = LongestAnswer };
        if (place.Identity is { } identity)
            client.DefaultRequestHeaders.Add(Routes.ClusterHeader, identity.Digest);
        return client;
    }

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, AgentConnection connection, AgentTls? tls, CancellationToken cancel)
    {
        var plain = await connection.ConnectAsync(context, cancel);
        return tls is null ? plain : await tls.SecureAsync(plain, context.DnsEndPoint.Host, cancel);
    }

    /// <summary>The token of the moment with every request; and the connections hear of it where none is answered.</summary>
    private sealed class Presenting(AgentPlace place, AgentConnection connection, HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (place.Token() is { } secret)
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", secret);
            var sent = place.Time.GetTimestamp();
            try
            {
                var response = await base.SendAsync(request, cancellationToken);
                connection.Answered();
                return response;
            }
            catch (OperationCanceledException)
            {
                connection.Unanswered(sent);
                throw;
            }
        }
    }
}
