using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PgHa.Agent.Configuration;

/// <summary>The file that <c>security.token_file</c> names.</summary>
public static class TokenFile
{
    /// <summary>Least number of characters of a token.</summary>
    public const int ShortestToken = 16;

    private const int Largest = 4096;
    private const UnixFileMode Allowed = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;

    /// <summary>
    /// Reads the token. Refused are a file that others can read (mode beyond 0640)
    /// and a token that is short or not fit for a header.
    /// </summary>
    /// <param name="path">The file; white space around the token does not matter.</param>
    public static TokenResult Read(string path)
    {
        if (BoundedFile.Read(path, Largest, out var text, Allowed) is { } unreadable)
            return Invalid(path, unreadable);
        var token = text.Trim();
        return CheckToken(path, token) is { } unfit ? Invalid(path, unfit) : TokenResult.Valid(token);
    }

    private static Complaint? CheckToken(string path, string token)
    {
        const string Hint = "write one with: openssl rand -hex 32";
        if (token.Length == 0)
            return new($"{path} is empty", Hint);
        if (token.Any(character => character is < '!' or > '~'))
            return new($"the token in {path} contains spaces, line breaks or characters beyond ASCII", Hint);
        return token.Length < ShortestToken ? new($"the token in {path} is shorter than {ShortestToken} characters", Hint) : null;
    }

    private static TokenResult Invalid(string path, Complaint complaint) =>
        TokenResult.Invalid(new("security.token_file", complaint.Message, complaint.Hint, path));
}

/// <summary>Either the token or the error that kept it from being read.</summary>
public sealed record TokenResult
{
    private TokenResult() { }

    /// <summary>The bearer token, visible ASCII without spaces; null if there is an error.</summary>
    public string? Token { get; private init; }

    /// <summary>Why there is no token; null if there is one.</summary>
    public ConfigurationError? Error { get; private init; }

    /// <summary>Whether there is a token.</summary>
    [MemberNotNullWhen(true, nameof(Token))]
    [MemberNotNullWhen(false, nameof(Error))]
    public bool IsValid => Token is not null;

    /// <summary>Does not show the token: results end up in logs.</summary>
    public override string ToString() => IsValid ? "token (hidden)" : Error.ToString();

    internal static TokenResult Valid(string token) => new() { Token = token };

    internal static TokenResult Invalid(ConfigurationError error) => new() { Error = error };
}

/// <summary>The files that <c>security.tls</c> names.</summary>
public static class TlsFiles
{
    private const int Largest = 1 << 20;
    private const UnixFileMode KeyAllowed = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;

    /// <summary>
    /// Reads certificate, intermediates and key. Refused are a key that others can read (mode beyond 0640), files that are not PEM, and a key that is not
    /// that of the certificate; so is an unusable <c>ca_file</c> or <c>client_ca_file</c>.
    /// </summary>
    /// <param name="tls">The files.</param>
    /// <returns>What the agent serves, or why it cannot.</returns>
    public static (SslStreamCertificateContext? Served, ConfigurationError? Error) Read(TlsOptions tls)
    {
        ArgumentNullException.ThrowIfNull(tls);
        if (BoundedFile.Read(tls.CertificateFile, Largest, out var chain) is { } noChain)
            return Invalid("certificate_file", tls.CertificateFile, noChain);
        if (BoundedFile.Read(tls.KeyFile, Largest, out var key, KeyAllowed) is { } noKey)
            return Invalid("key_file", tls.KeyFile, noKey);
        if (tls.CaFile is { } authorities && CheckAuthorities(authorities) is { } noAuthorities)
            return Invalid("ca_file", authorities, noAuthorities);
        if (tls.ClientCaFile is { } clients && CheckAuthorities(clients) is { } noClients)
            return Invalid("client_ca_file", clients, noClients);
        var certificates = new X509Certificate2Collection();
        if (!TryImport(certificates, chain) || certificates.Count == 0)
            return Invalid("certificate_file", tls.CertificateFile, new($"{tls.CertificateFile} holds no certificate in PEM form", "name the agent's certificate, followed by its intermediates"));
        try
        {
            var leaf = X509Certificate2.CreateFromPem(chain, key);
            return (SslStreamCertificateContext.Create(leaf, [.. certificates.Skip(1)], offline: true), null);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return Invalid("key_file", tls.KeyFile, new($"{tls.KeyFile} is not the private key of the first certificate in {tls.CertificateFile}: {e.Message}",
                "name the two that belong together; a key with a passphrase cannot be used"));
        }
    }

    /// <summary>What is to be said about a certificate that can be served; null: nothing.</summary>
    /// <param name="served">What is served.</param>
    /// <param name="now">The time.</param>
    public static Complaint? Warn(SslStreamCertificateContext served, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(served);
        var leaf = served.TargetCertificate;
        return now > leaf.NotAfter ? new($"the agent's certificate has expired ({leaf.NotAfter:u}): its peers refuse it", "renew it, then kill -HUP the agent")
            : now < leaf.NotBefore ? new($"the agent's certificate is not valid before {leaf.NotBefore:u}: its peers refuse it", "look at this machine's clock") : null;
    }

    /// <summary>The authorities whose certificates let agents in; null: none are configured.</summary>
    /// <param name="tls">The files.</param>
    public static (X509Certificate2Collection? Clients, ConfigurationError? Error) ReadClients(TlsOptions tls)
    {
        ArgumentNullException.ThrowIfNull(tls);
        if (tls.ClientCaFile is not { } file)
            return (null, null);
        var unusable = ReadAuthorities(file, out var clients);
        return unusable is null ? (clients, null) : (null, new("security.tls.client_ca_file", unusable.Message, unusable.Hint, file));
    }

    internal static Complaint? CheckAuthorities(string path) => ReadAuthorities(path, out _);

    private static Complaint? ReadAuthorities(string path, out X509Certificate2Collection authorities)
    {
        authorities = [];
        if (BoundedFile.Read(path, Largest, out var text) is { } unread)
            return unread;
        return TryImport(authorities, text) && authorities.Count > 0 ? null : new($"{path} holds no certificate in PEM form", "name the authorities that sign the agents' certificates");
    }

    private static bool TryImport(X509Certificate2Collection into, string pem)
    {
        try
        {
            into.ImportFromPem(pem);
            return true;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private static (SslStreamCertificateContext?, ConfigurationError) Invalid(string key, string path, Complaint complaint) =>
        (null, new("security.tls." + key, complaint.Message, complaint.Hint, path));
}
