using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PgHa.Agent.Configuration;

namespace PgHa.Agent.Tests.Security;

/// <summary>What the agent would serve, or why it cannot.</summary>
public sealed class TlsFilesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pgha-tls").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_pair_is_served_and_its_time_is_looked_at()
    {
        var (certificate, key) = Pair("a");
        var (served, error) = TlsFiles.Read(new(certificate, key));
        Assert.Null(error);
        Assert.Equal("CN=a", served!.TargetCertificate.Subject);
        Assert.Null(TlsFiles.Warn(served, DateTimeOffset.UtcNow));
        Assert.Contains("has expired", TlsFiles.Warn(served, DateTimeOffset.UtcNow.AddYears(9))!.Message, StringComparison.Ordinal);
        Assert.Contains("is not valid before", TlsFiles.Warn(served, DateTimeOffset.UtcNow.AddYears(-9))!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_of_another_certificate_is_an_error() => Refused("security.tls.key_file", "is not the private key", new(Pair("a").Certificate, Pair("b").Key));

    [Fact]
    public void A_key_that_others_can_read_is_an_error()
    {
        var (certificate, key) = Pair("a");
        File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        Refused("security.tls.key_file", "at most 0640 is safe", new(certificate, key));
    }

    [Fact]
    public void Files_that_are_none_or_missing_are_errors()
    {
        var (certificate, key) = Pair("a");
        Refused("security.tls.certificate_file", "holds no certificate", new(key, key));
        Refused("security.tls.key_file", "is not the private key", new(certificate, Private(certificate)));
        Refused("security.tls.certificate_file", "does not exist", new(certificate + "x", key));
        Refused("security.tls.key_file", "does not exist", new(certificate, key + "x"));
        Refused("security.tls.ca_file", "holds no certificate", new(certificate, key) { CaFile = key });
        Refused("security.tls.ca_file", "does not exist", new(certificate, key) { CaFile = key + "x" });
    }

    private static void Refused(string setting, string why, TlsOptions files)
    {
        var (served, error) = TlsFiles.Read(files);
        Assert.Null(served);
        Assert.Equal(setting, error!.Key);
        Assert.Contains(why, error.Message, StringComparison.Ordinal);
        Assert.NotEmpty(error.Hint);
    }

    private static string Private(string file)
    {
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return file;
    }

    private (string Certificate, string Key) Pair(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddYears(1));
        string crt = Path.Combine(_folder, name + ".crt"), pem = Path.Combine(_folder, name + ".key");
        File.WriteAllText(crt, certificate.ExportCertificatePem() + "\n");
        File.WriteAllText(pem, key.ExportPkcs8PrivateKeyPem() + "\n");
        File.SetUnixFileMode(pem, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return (crt, pem);
    }
}
