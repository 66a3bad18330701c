using System.Text;

namespace PgHa.Agent.Configuration;

/// <summary>What must hold for this agent: what is to be protected where it listens, and where its directories lie. Pure.</summary>
public static class AgentRules
{
    private const int LongestSocket = 107;

    /// <summary>What may not listen there.</summary>
    public static IEnumerable<(string Key, Complaint Complaint)> CheckListen(Uri? listen, bool hasPeers, bool hasTls)
    {
        if (listen is null)
            yield break;
        if (!hasPeers && !UrlForm.IsLoopback(listen))
            yield return ("security.token_file", new(
                $"security.token_file is missing, and listen ({listen.Authority}) can be reached from other machines",
                "name a file with a token of at least 16 characters, the same on all nodes, or listen on 127.0.0.1"));
        if (!hasTls && listen.Scheme == Uri.UriSchemeHttps)
            yield return ("security.tls", new(
                "security.tls is missing, and listen is https", "name certificate_file and key_file in security.tls, or listen on http"));
    }

    /// <summary>Agents have a token of their own, which they present to each other.</summary>
    public static IEnumerable<(string Key, Complaint Complaint)> CheckTokens(bool named, bool agents)
    {
        if (named && !agents)
            yield return ("security.token_file", new("security.token_file is missing, and security.tokens_file is set: agents present it to each other",
                "write one with: openssl rand -hex 32; or let them present certificates, with security.tls.client_ca_file"));
    }

    /// <summary>The token of a machine is known there only, so that agents need another one for each other.</summary>
    public static IEnumerable<(string Key, Complaint Complaint)> CheckLocal(bool ownerOnly, int nodes, bool agents)
    {
        if (ownerOnly && nodes > 1 && !agents)
            yield return ("security.local", new("security.local is owner, and there are other nodes: each agent makes a token of its own, which the other agents do not know",
                "give the agents a token for each other, the same on all nodes (openssl rand -hex 32), and name its file in security.token_file; or let them present certificates, with security.tls.client_ca_file"));
    }

    /// <summary>Certificates are presented over TLS only, and let agents in, not people.</summary>
    public static IEnumerable<(string Key, Complaint Complaint)> CheckClients(SecurityOptions security, bool agents, IReadOnlyList<Uri> places)
    {
        const string Key = "security.tls.client_ca_file";
        if (security.Tls?.ClientCaFile is null || agents)
            yield break;
        if (!security.OwnerOnly && security.TokensFile is null)
            yield return (Key, new($"{Key} lets the agents in, and nobody else: people have no token",
                "set security.local: owner for this machine's user and root, or security.tokens_file for tokens of people and programs"));
        if (places.FirstOrDefault(p => p.Scheme != Uri.UriSchemeHttps) is { } plain)
            yield return (Key, new($"{Key} is set without security.token_file, and {plain.Authority} is plain http, where no certificate is presented",
                "write https for listen and for the agents of all nodes, or give the agents a token_file, too"));
    }

    /// <summary>Where health checks may listen: anywhere that is not the API's own place, because they say nothing but roles.</summary>
    public static IEnumerable<(string Key, Complaint Complaint)> CheckHealthListen(Uri? health, Uri? listen, bool hasTls)
    {
        if (health is null || listen is null)
            yield break;
        if (health.Port == listen.Port && (health.Host == listen.Host || UrlForm.IsAnyAddress(health.IdnHost) || UrlForm.IsAnyAddress(listen.IdnHost)))
            yield return ("health_listen", new($"health_listen ({health.Authority}) is where the API listens ({listen.Authority})",
                "choose another port; or leave it out, because health checks are answered on listen, too"));
        if (!hasTls && health.Scheme == Uri.UriSchemeHttps)
            yield return ("security.tls", new("security.tls is missing, and health_listen is https", "name certificate_file and key_file in security.tls, or listen on http"));
    }

    /// <summary>What is allowed and yet unsafe; null: nothing.</summary>
    /// <param name="options">The configuration.</param>
    public static Complaint? Warn(AgentOptions options) =>
        options.Security.TokenFile is null || options.Listen.Scheme == Uri.UriSchemeHttps || UrlForm.IsLoopback(options.Listen) ? null
            : new($"the token travels in clear text: listen ({options.Listen.Authority}) is plain http beyond this machine, and whoever reads the network can act with it",
                "listen on https with security.tls, or keep these addresses in a network of their own");

    /// <summary>A certificate is of no use without its key, and the other way round.</summary>
    public static IEnumerable<(string Key, Complaint Complaint)> CheckTls(Func<string, bool> isGiven)
    {
        const string Certificate = "security.tls.certificate_file", Key = "security.tls.key_file", Authorities = "security.tls.ca_file", Clients = "security.tls.client_ca_file";
        if (!isGiven(Certificate) && !isGiven(Key) && !isGiven(Authorities) && !isGiven(Clients))
            yield break;
        foreach (var needed in (string[])[Certificate, Key])
            if (!isGiven(needed))
                yield return (needed, new($"{needed} is missing", "security.tls needs both certificate_file and key_file"));
    }

    /// <summary>Where directories may lie, by their names alone: links are not followed.</summary>
    public static IEnumerable<(string Key, Complaint Complaint)> CheckDirectories(string? dataDir, string? stateDir)
    {
        if (dataDir is null || stateDir is null)
            yield break;
        if (IsWithin(stateDir, dataDir))
            yield return ("state_dir", new($"state_dir {stateDir} is inside postgres.data_dir {dataDir}",
                "choose a directory outside: a rewind or a new base backup replaces all that is inside"));
        else if (IsWithin(dataDir, stateDir))
            yield return ("state_dir", new($"postgres.data_dir {dataDir} is inside state_dir {stateDir}",
                "choose a directory of its own for the agent, such as /var/lib/pgha"));
    }

    /// <summary>The guard listens below <c>state_dir</c>, and Linux bounds the path of a socket (sun_path of unix(7): 108 bytes with the 0 at its end).</summary>
    public static IEnumerable<(string Key, Complaint Complaint)> CheckSocket(string? stateDir, FailoverMode mode)
    {
        if (stateDir is null || mode != FailoverMode.Automatic || Encoding.UTF8.GetByteCount(new StateFiles(stateDir).Guard) is var length && length <= LongestSocket)
            yield break;
        yield return ("state_dir", new($"state_dir {stateDir} is too long for failover.mode automatic: the socket of the guard has {length} bytes there, and Linux allows {LongestSocket}",
            "choose a shorter directory, such as /var/lib/pgha"));
    }

    private static bool IsWithin(string inner, string outer) =>
        inner == outer || inner.StartsWith(outer.TrimEnd('/') + '/', StringComparison.Ordinal);
}
