using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Time.Testing;
using PgHa.Agent.Security;

namespace PgHa.Agent.Tests.Security;

/// <summary>Whose certificate is that of a node.</summary>
[Trait("Category", "Fast")]
public sealed class PeerCertificatesTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly FakeTimeProvider _time = new(Now);
    private readonly X509Certificate2 _root = Authority();

    public void Dispose() => _root.Dispose();

    [Theory]
    [InlineData("db1.example.org", "pg-node01", null)]
    [InlineData("DB2.example.org", "pg-node02", null)]
    [InlineData("10.0.0.3", "pg-node03", null)]
    [InlineData("*.example.org", null, "has none of the nodes' names")]
    [InlineData("example.org", null, "has none of the nodes' names")]
    [InlineData("10.0.0.4", null, "has none of the nodes' names")]
    public void The_name_is_that_of_a_nodes_agent_letter_by_letter(string name, string? node, string? problem)
    {
        var found = Of([_root]).Judge(Presented(Signed(name)));

        Assert.Equal((node, problem), (found!.Node, found.Problem));
    }

    /// <summary>What machines of the same authority may have in their common name is nobody's business here.</summary>
    [Fact]
    public void A_common_name_does_not_count() => Assert.Equal("has none of the nodes' names", Of([_root]).Judge(Presented(Signed(null, subject: "db1.example.org")))!.Problem);

    [Fact]
    public void It_is_judged_again_while_a_connection_lasts()
    {
        X509Certificate2Collection trusted = [_root];
        var peers = new PeerCertificates(() => trusted, Hosts, _time);
        var presented = Presented(Signed("10.0.0.3"));
        Assert.Equal("pg-node03", peers.Judge(presented)!.Node);

        using var other = Authority();
        trusted = [other];
        Assert.Contains("is of no authority", peers.Judge(presented)!.Problem, StringComparison.Ordinal);
        trusted = [_root];
        Assert.Equal("pg-node03", peers.Judge(presented)!.Node);
        _time.Advance(TimeSpan.FromDays(11));
        Assert.Contains("has expired", peers.Judge(presented)!.Problem, StringComparison.Ordinal);
        _time.AdjustTime(Now.AddDays(-11));
        Assert.Contains("is not valid before", peers.Judge(presented)!.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_said_where_certificates_do_not_count_or_none_was_presented()
    {
        Assert.Null(Of(null).Judge(Presented(Signed("10.0.0.3"))));
        Assert.Null(Of([_root]).Judge(new()));
    }

    private static readonly (string, string)[] Hosts = [("pg-node01", "db1.example.org"), ("pg-node02", "db2.example.org"), ("pg-node03", "10.0.0.3")];

    private PeerCertificates Of(X509Certificate2Collection? trusted) => new(() => trusted, Hosts, _time);

    private static PresentedCertificate Presented(X509Certificate2 own)
    {
        using (own)
        {
            var presented = new PresentedCertificate();
            presented.Keep(own, null);
            return presented;
        }
    }

    private X509Certificate2 Signed(string? name, string subject = "any")
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={subject}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        if (System.Net.IPAddress.TryParse(name, out var address))
            names.AddIpAddress(address);
        else if (name is not null)
            names.AddDnsName(name);
        if (name is not null)
            request.CertificateExtensions.Add(names.Build());
        return request.Create(_root, Now.AddDays(-10), Now.AddDays(10), [1]);
    }

    private static X509Certificate2 Authority()
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN=root {Guid.NewGuid()}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(Now.AddDays(-20), Now.AddDays(20));
    }
}
