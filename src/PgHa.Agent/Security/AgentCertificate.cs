using System.Net.Security;

namespace PgHa.Agent.Security;

/// <summary>The certificate that the agent serves, with its intermediates. It can be exchanged while the agent runs; connections keep theirs.</summary>
/// <param name="current">That of the start.</param>
public sealed class AgentCertificate(SslStreamCertificateContext current)
{
    private volatile SslStreamCertificateContext _current = current;

    /// <summary>For the next connection.</summary>
    public SslStreamCertificateContext Current
    {
        get => _current;
        set => _current = value;
    }
}
