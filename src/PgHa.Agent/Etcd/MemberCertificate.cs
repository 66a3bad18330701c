using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using PgHa.Agent.Configuration;

namespace PgHa.Agent.Etcd;

/// <summary>The certificate of a member. Members call each other and agents call members with theirs, so each is used on both sides.</summary>
internal static class MemberCertificate
{
    private const string OfServers = "1.3.6.1.5.5.7.3.1", OfClients = "1.3.6.1.5.5.7.3.2";

    /// <summary>Why etcd cannot be run with these files; null: it can.</summary>
    internal static Complaint? Refuse(EtcdMember self, EtcdOptions etcd)
    {
        if (self.Client.Scheme != Uri.UriSchemeHttps)
            return null;
        if (etcd.CaFile is null || etcd.Tls is null)
            return new("security.tls.ca_file is missing: etcd would let in whoever has a certificate of any authority that this machine trusts", "name the authority that signs the agents' certificates");
        if (TlsFiles.CheckAuthorities(etcd.CaFile) is { } unusable)
            return unusable;
        var (served, error) = TlsFiles.Read(etcd.Tls);
        return error is not null ? new(error.Message, error.Hint) : RefuseUsage(served!, etcd.Tls.CertificateFile);
    }

    private static Complaint? RefuseUsage(SslStreamCertificateContext served, string file)
    {
        var usages = served.TargetCertificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().FirstOrDefault()?.EnhancedKeyUsages;
        var missing = usages is null ? [] : new[] { (OfServers, "serverAuth"), (OfClients, "clientAuth") }.Where(u => usages[u.Item1] is null).Select(u => u.Item2).ToArray();
        return missing.Length == 0 ? null
            : new($"the certificate in {file} may not be used for {string.Join(" and ", missing)}", "members of etcd call each other: have it signed with extendedKeyUsage = serverAuth, clientAuth");
    }
}
