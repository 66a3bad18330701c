using System.Net.Security;

namespace PgHa.Client.Calls;

/// <summary>TLS with an agent. What is trusted and presented is asked for with each connection, so that files which were exchanged count from then on.</summary>
internal sealed class AgentTls(AgentPlace place)
{
    private readonly TrustedAuthorities? _trusted = place.AuthorityFile is { } file ? new(file) : null;

    /// <summary>Ends with the connection where the agent is not trusted, or does not speak TLS.</summary>
    /// <param name="plain">The connection.</param>
    /// <param name="host">Whom it is to be.</param>
    /// <param name="cancel">Ends it.</param>
    internal async ValueTask<Stream> SecureAsync(Stream plain, string host, CancellationToken cancel)
    {
        var secured = new SslStream(plain, leaveInnerStreamOpen: false);
        try
        {
            var options = _trusted?.Current() ?? new SslClientAuthenticationOptions();
            options.TargetHost = host;
            options.ApplicationProtocols = [SslApplicationProtocol.Http11];
            options.ClientCertificateContext = place.Certificate();
            options.AllowTlsResume = options.ClientCertificateContext is null; // a session that is taken up again knows the old certificate
            await secured.AuthenticateAsClientAsync(options, cancel);
            return secured;
        }
        catch
        {
            await secured.DisposeAsync();
            throw;
        }
    }
}
