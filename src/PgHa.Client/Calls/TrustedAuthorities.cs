using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PgHa.Client.Calls;

/// <summary>Authorities of one's own, which others' certificates are checked against, and against no other.</summary>
public static class TrustedAuthorities
{
    /// <summary>Why there are none in a file, in words; null: there are.</summary>
    public static string? Problem(string file)
    {
        var authorities = new X509Certificate2Collection();
        try
        {
            authorities.ImportFromPemFile(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return $"the authorities in {file} cannot be read: {e.Message}";
        }
        return authorities.Count > 0 ? null : $"{file} holds no certificate in PEM form";
    }

    /// <summary>Those in a file, in PEM form.</summary>
    public static SslClientAuthenticationOptions In(string file)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPemFile(file);
        return new() { CertificateChainPolicy = policy };
    }
}
