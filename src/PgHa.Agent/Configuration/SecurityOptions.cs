namespace PgHa.Agent.Configuration;

/// <summary>How callers prove who they are, and TLS. Secrets stay in the files that are named here.</summary>
public sealed record SecurityOptions
{
    /// <summary>File with the bearer token that operators and peers present; null only if the agent listens on loopback.</summary>
    public string? TokenFile { get; init; }

    /// <summary>Certificate and key; null only if the agent listens on plain http.</summary>
    public TlsOptions? Tls { get; init; }
}

/// <summary>The agent's certificate, as absolute paths of PEM files.</summary>
/// <param name="CertificateFile">Certificate, followed by its intermediates.</param>
/// <param name="KeyFile">Private key of the certificate.</param>
public sealed record TlsOptions(string CertificateFile, string KeyFile)
{
    /// <summary>Authorities that peers' certificates are checked against; null: those the machine trusts.</summary>
    public string? CaFile { get; init; }
}
