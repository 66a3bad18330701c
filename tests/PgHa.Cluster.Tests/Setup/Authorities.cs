using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PgHa.Cluster.Tests.Setup;

/// <summary>A root that everybody trusts, and an intermediate that nobody knows who is not told.</summary>
internal sealed class Authorities : IDisposable
{
    public const string ForServers = "1.3.6.1.5.5.7.3.1", ForClients = "1.3.6.1.5.5.7.3.2";

    // Read once: a certificate may not outlive its issuer, not even by the second that ends between two looks at the clock.
    private readonly DateTimeOffset from = DateTimeOffset.UtcNow.AddDays(-9), until = DateTimeOffset.UtcNow.AddDays(30);
    private readonly X509Certificate2 root, intermediate;
    private int serial;

    public Authorities()
    {
        root = Request("root", authority: true).Request.CreateSelfSigned(from, until);
        var (request, key) = Request("intermediate", authority: true);
        intermediate = request.Create(root, from, until, [1]).CopyWithPrivateKey(key);
    }

    public string Root => root.ExportCertificatePem();

    /// <summary>The thumbprint of the certificate that was served last.</summary>
    public string? LastSeen { get; private set; }

    /// <summary>A certificate for whoever is at the address.</summary>
    public X509Certificate2 Make(string address, DateTimeOffset? ends = null, params string[] usages)
    {
        var (request, key) = Request(address, authority: false);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Parse(address));
        request.CertificateExtensions.Add(names.Build());
        if (usages.Length > 0)
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([.. usages.Select(u => new Oid(u))], false));
        using (key)
        {
            using var certificate = request.Create(intermediate, from, ends ?? until.AddDays(-1), [2, (byte)++serial]);
            return certificate.CopyWithPrivateKey(key);
        }
    }

    /// <summary>Writes crt and key of a node.</summary>
    public async Task Certify(TestNode node, params string[] usages)
    {
        using var certificate = Make(node.Address, null, usages);
        await Write(node, "crt", certificate.ExportCertificatePem() + "\n" + intermediate.ExportCertificatePem() + "\n");
        await Write(node, "key", certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>Trusts the root alone; with a token, or a certificate of any authorities.</summary>
    public HttpClient Client(string? token = null, X509Certificate2? own = null, Authorities? of = null)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
        policy.CustomTrustStore.Add(root);
        var handler = new SocketsHttpHandler
        {
            SslOptions = new()
            {
                RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
                {
                    LastSeen = certificate?.GetCertHashString();
                    return errors == SslPolicyErrors.None;
                },
                CertificateChainPolicy = policy,
                ClientCertificateContext = own is null ? null : SslStreamCertificateContext.Create(own, [(of ?? this).intermediate], offline: true),
            },
        };
        var client = new HttpClient(handler);
        if (token is not null) client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    public static async Task Write(TestNode node, string file, string content)
    {
        await File.WriteAllTextAsync(node.In(file), content, TestContext.Current.CancellationToken);
        File.SetUnixFileMode(node.In(file), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await AsPostgres.AsRoot("/bin/chown", "postgres:", node.In(file));
    }

    public void Dispose()
    {
        root.Dispose();
        intermediate.Dispose();
    }

    private static (CertificateRequest Request, ECDsa Key) Request(string name, bool authority)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name} {Guid.NewGuid()}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(authority, false, 0, true));
        return (request, key);
    }
}
