using System.Security.Cryptography.X509Certificates;

namespace PgHa.Agent.Security;

/// <summary>What a certificate says of its caller.</summary>
/// <param name="Node">Which node it is; null: none.</param>
/// <param name="Problem">Why it is none, as the rest of "the certificate … that was presented …"; null: it is one.</param>
/// <param name="Hint">What to do about it.</param>
public sealed record PeerJudgement(string? Node, string? Problem, string? Hint);

/// <summary>What a caller presented when its connection was made. Whether it counts is asked with each call, because authorities are exchanged and certificates end while a connection lasts.</summary>
public sealed class PresentedCertificate
{
    private const int MostBetween = 10;

    /// <summary>The caller's own; null: it presented none.</summary>
    public X509Certificate2? Own { get; private set; }

    /// <summary>Those of the authorities between.</summary>
    public X509Certificate2Collection Between { get; } = [];

    /// <summary>What was found last, with which authorities, and when.</summary>
    internal (PeerJudgement Found, object Authorities, DateTimeOffset At)? Last { get; set; }

    /// <summary>Keeps copies: TLS gives its own back.</summary>
    /// <param name="own">The caller's certificate.</param>
    /// <param name="chain">What came with it.</param>
    public void Keep(X509Certificate? own, X509Chain? chain)
    {
        if (own is null)
            return;
        Own = X509CertificateLoader.LoadCertificate(own.GetRawCertData());
        foreach (var between in (chain?.ChainPolicy.ExtraStore ?? []).Take(MostBetween))
            Between.Add(X509CertificateLoader.LoadCertificate(between.RawData));
    }
}

/// <summary>
/// Which certificates are those of nodes: signed by an authority in <c>security.tls.client_ca_file</c>, of use to clients, not expired, and in the name of a host at which an agent is called. Who holds one may act
/// as a peer. Names stand in subjectAltName; patterns and common names do not count, since other machines may have those.
/// </summary>
/// <param name="authorities">The authorities of the moment; null: no certificate counts.</param>
/// <param name="hosts">Under which host each node's agent is called.</param>
/// <param name="time">The clock.</param>
public sealed class PeerCertificates(Func<X509Certificate2Collection?> authorities, IReadOnlyList<(string Node, string Host)> hosts, TimeProvider time)
{
    private const string ForClients = "1.3.6.1.5.5.7.3.2";
    private static readonly TimeSpan Lasts = TimeSpan.FromMinutes(1);

    /// <summary>Who has presented it; null: nothing was presented, or certificates do not count here.</summary>
    public PeerJudgement? Judge(PresentedCertificate presented)
    {
        ArgumentNullException.ThrowIfNull(presented);
        if (presented.Own is not { } own || authorities() is not { } trusted)
            return null;
        var now = time.GetUtcNow();
        if (presented.Last is { } last && ReferenceEquals(last.Authorities, trusted) && (now - last.At).Duration() < Lasts && now < own.NotAfter)
            return last.Found;
        var found = Judge(own, presented.Between, trusted, now);
        presented.Last = (found, trusted, now);
        return found;
    }

    /// <summary>Who has this certificate.</summary>
    /// <param name="own">The certificate.</param>
    /// <param name="between">Those of the authorities between.</param>
    /// <param name="trusted">The authorities.</param>
    /// <param name="now">The time.</param>
    public PeerJudgement Judge(X509Certificate2 own, X509Certificate2Collection between, X509Certificate2Collection trusted, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(own);
        ArgumentNullException.ThrowIfNull(trusted);
        if (now > own.NotAfter || now < own.NotBefore)
            return now > own.NotAfter ? No($"has expired ({own.NotAfter:u})", "renew it: its agent reads security.tls again by itself")
                : No($"is not valid before {own.NotBefore:u}", "look at the clocks of both machines");
        using var chain = new X509Chain { ChainPolicy = Policy(between, trusted, now) };
        if (!chain.Build(own))
            return Explain(chain.ChainStatus);
        var nodes = hosts.Where(h => own.MatchesHostname(h.Host, allowWildcards: false, allowCommonName: false)).Select(h => h.Node).ToArray();
        return nodes.Length > 0 ? new(string.Join(" or ", nodes), null, null)
            : No("has none of the nodes' names", $"its subjectAltName has to hold the host of its agent as it stands in nodes: {string.Join(", ", hosts.Select(h => h.Host).Distinct())}");
    }

    private static X509ChainPolicy Policy(X509Certificate2Collection between, X509Certificate2Collection trusted, DateTimeOffset now)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
            VerificationTimeIgnored = false,
            VerificationTime = now.UtcDateTime,
        };
        policy.CustomTrustStore.AddRange(trusted);
        policy.ExtraStore.AddRange(between);
        policy.ApplicationPolicy.Add(new(ForClients));
        return policy;
    }

    private static PeerJudgement Explain(X509ChainStatus[] status)
    {
        var all = status.Aggregate(X509ChainStatusFlags.NoError, (sum, s) => sum | s.Status);
        return (all & (X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.UntrustedRoot)) != 0
            ? No("is of no authority in security.tls.client_ca_file", "have it signed by one of them, with the certificates between behind it in security.tls.certificate_file; or name its authority, too, on all nodes")
            : (all & X509ChainStatusFlags.NotValidForUsage) != 0 ? No("may not be used by clients", "have it signed with extendedKeyUsage = serverAuth, clientAuth")
            : (all & X509ChainStatusFlags.NotTimeValid) != 0 ? No("is of an authority whose certificate has expired, or is not valid yet", "renew that of the authority, and sign the agents' with it")
            : No($"does not count ({string.Join("; ", status.Select(s => s.StatusInformation.Trim()))})", "have it made again, as docs/security.md says");
    }

    private static PeerJudgement No(string problem, string hint) => new(null, problem, hint);
}
