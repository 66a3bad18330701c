using System.Net;
using System.Security.Authentication;
using PgHa.Agent.Configuration;
using PgHa.Agent.Security;

namespace PgHa.Agent;

/// <summary>This agent's API as a caller has it: through a new connection each time, TLS included. The call looks at nothing.</summary>
internal sealed class OwnApi : IDisposable
{
    private readonly HttpClient _http;
    private readonly TimeProvider _time;

    internal OwnApi(Uri listen, AgentCertificate? served, TimeProvider time)
    {
        _time = time;
        var handler = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.Zero };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, seen, _, _) => seen?.GetCertHashString() == served?.Current.TargetCertificate.GetCertHashString();
        _http = new(handler) { BaseAddress = Reached(listen), Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>Whether anything is answered.</summary>
    internal async Task<bool> AnswersAsync(TimeSpan within, CancellationToken cancel)
    {
        using var late = new CancellationTokenSource(within, _time);
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancel);
        try
        {
            using var call = new HttpRequestMessage(HttpMethod.Head, (Uri?)null);
            using var answer = await _http.SendAsync(call, bound.Token);
            return true;
        }
        catch (Exception e) when (e is HttpRequestException or AuthenticationException or IOException || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return false;
        }
    }

    /// <inheritdoc />
    public void Dispose() => _http.Dispose();

    /// <summary>One that listens on every address is called on loopback.</summary>
    private static Uri Reached(Uri listen) => !UrlForm.IsAnyAddress(listen.IdnHost) ? listen
        : new UriBuilder(listen) { Host = listen.HostNameType == UriHostNameType.IPv6 ? $"[{IPAddress.IPv6Loopback}]" : IPAddress.Loopback.ToString() }.Uri;
}
