using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PgHa.Client.Calls;

/// <summary>Authorities of one's own, which others' certificates are checked against, and against no other.</summary>
/// <param name="file">Those in this file, in PEM form.</param>
public sealed class TrustedAuthorities(string file)
{
    private readonly Lock _gate = new();
    private X509Certificate2Collection? _known;
    private DateTime _written;

    /// <summary>Why there are none in a file, in words; null: there are.</summary>
    public static string? Problem(string file)
    {
        try
        {
            return Read(file).Count > 0 ? null : $"{file} holds no certificate in PEM form";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return $"the authorities in {file} cannot be read: {e.Message}";
        }
    }

    /// <summary>Those in a file, in PEM form.</summary>
    public static SslClientAuthenticationOptions In(string file) => Trusting(Read(file));

    /// <summary>Those that are in the file now. While it cannot be read, or holds none, those of before.</summary>
    /// <exception cref="IOException">It could not be read yet.</exception>
    /// <exception cref="CryptographicException">It could not be understood yet.</exception>
    public SslClientAuthenticationOptions Current()
    {
        lock (_gate)
        {
            var written = File.GetLastWriteTimeUtc(file);
            if (_known is null)
                (_known, _written) = (Read(file), written);
            else if (written != _written && Problem(file) is null)
                (_known, _written) = (Read(file), written);
            return Trusting(_known);
        }
    }

    private static X509Certificate2Collection Read(string file)
    {
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(file);
        return authorities;
    }

    private static SslClientAuthenticationOptions Trusting(X509Certificate2Collection authorities)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(authorities);
        return new() { CertificateChainPolicy = policy };
    }
}
