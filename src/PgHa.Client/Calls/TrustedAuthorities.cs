using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace PgHa.Client.Calls;

/// <summary>Authorities of one's own, which others' certificates are checked against, and against no other.</summary>
public static class TrustedAuthorities
{
    /// <summary>Those in a file, in PEM form.</summary>
    public static SslClientAuthenticationOptions In(string file)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPemFile(file);
        return new() { CertificateChainPolicy = policy };
    }
}
