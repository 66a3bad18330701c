using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PgHa.Cluster.Tests.Etcd;

/// <summary>An authority of one's own and what it signs.</summary>
internal sealed class Certificates : IDisposable
{
    private readonly DateTimeOffset from = DateTimeOffset.UtcNow.AddDays(-1), until = DateTimeOffset.UtcNow.AddDays(30);
    private readonly X509Certificate2 root;
    private int serial;

    public Certificates()
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN=authority {Guid.NewGuid()}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        root = request.CreateSelfSigned(from, until);
    }

    /// <summary>Writes crt, key and ca into a folder, for whoever is at the address.</summary>
    public async Task Certify(string folder, string address, params string[] usages)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={address}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Parse(address));
        if (address != "127.0.0.1") names.AddIpAddress(IPAddress.Loopback); // on one machine all calls come from there
        request.CertificateExtensions.Add(names.Build());
        if (usages.Length > 0)
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([.. usages.Select(u => new Oid(u))], false));
        using var certificate = request.Create(root, from, until.AddDays(-1), [2, (byte)++serial]);
        await Write(folder, "crt", certificate.ExportCertificatePem());
        await Write(folder, "key", key.ExportPkcs8PrivateKeyPem());
        await Write(folder, "ca", root.ExportCertificatePem());
    }

    public void Dispose() => root.Dispose();

    private static async Task Write(string folder, string file, string content)
    {
        var path = Path.Combine(folder, file);
        await File.WriteAllTextAsync(path, content + "\n", TestContext.Current.CancellationToken);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        if (Environment.IsPrivilegedProcess) await AsPostgres.AsRoot("/bin/chown", "postgres:", path);
    }
}
