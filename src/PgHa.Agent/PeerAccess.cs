using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using PgHa.Agent.Configuration;
using PgHa.Agent.Security;

namespace PgHa.Agent;

/// <summary>The certificates by which the agents of a configuration know each other.</summary>
public static class PeerAccess
{
    /// <summary>Which certificates are those of its nodes.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="authorities">The authorities of the moment; null: no certificate counts.</param>
    /// <param name="time">The clock.</param>
    public static PeerCertificates Of(AgentOptions options, Func<X509Certificate2Collection?> authorities, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new(authorities, [.. options.Nodes.Select(n => (n.Name, n.Agent.IdnHost))], time);
    }

    /// <summary>What keeps the other agents from knowing this one by its certificate, as far as its own files say; null: nothing.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="served">This agent's certificate.</param>
    /// <param name="clients">The authorities; null: certificates do not count.</param>
    /// <param name="time">The clock.</param>
    public static Complaint? Warn(AgentOptions options, SslStreamCertificateContext served, X509Certificate2Collection? clients, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(served);
        ArgumentNullException.ThrowIfNull(time);
        if (clients is null)
            return null;
        var own = new PeerCertificates(() => clients, [(options.Node, options.Self.Agent.IdnHost)], time);
        var found = own.Judge(served.TargetCertificate, [.. served.IntermediateCertificates], clients, time.GetUtcNow());
        return found.Problem is null ? null : new($"the other agents will not know this one by its certificate, which {found.Problem}", found.Hint!);
    }
}
