using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace PgHa.Agent.Security;

/// <summary>What this agent presents to its peers where they ask for it.</summary>
/// <param name="Current">That of the moment; null: it has none.</param>
public sealed record OwnCertificate(Func<SslStreamCertificateContext?> Current);

/// <summary>The certificate that the agent serves, with its intermediates. It can be exchanged while the agent runs; connections keep theirs.</summary>
/// <param name="current">That of the start.</param>
/// <param name="clients">The authorities of the start; null: certificates of callers do not count.</param>
public sealed class AgentCertificate(SslStreamCertificateContext current, X509Certificate2Collection? clients)
{
    private volatile SslStreamCertificateContext _current = current;
    private volatile X509Certificate2Collection? _clients = clients;

    /// <summary>Whose certificates let agents in; another collection once it was exchanged.</summary>
    public X509Certificate2Collection? Clients
    {
        get => _clients;
        set => _clients = value;
    }

    /// <summary>For the next connection.</summary>
    public SslStreamCertificateContext Current
    {
        get => _current;
        set => _current = value;
    }
}
