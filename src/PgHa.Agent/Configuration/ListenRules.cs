namespace PgHa.Agent.Configuration;

/// <summary>What must be protected, given where the agent listens. Pure.</summary>
internal static class ListenRules
{
    public static IEnumerable<(string Key, Complaint Complaint)> Check(Uri? listen, bool hasToken, bool hasTls)
    {
        if (listen is null)
            yield break;
        if (!hasToken && !UrlForm.IsLoopback(listen))
            yield return ("security.token_file", new(
                $"security.token_file is missing, and listen ({listen.Authority}) can be reached from other machines",
                "name a file with a token of at least 16 characters, the same on all nodes, or listen on 127.0.0.1"));
        if (!hasTls && listen.Scheme == Uri.UriSchemeHttps)
            yield return ("security.tls", new(
                "security.tls is missing, and listen is https", "name certificate_file and key_file in security.tls, or listen on http"));
    }

    /// <summary>A certificate is of no use without its key, and the other way round.</summary>
    public static IEnumerable<(string Key, Complaint Complaint)> CheckTls(Func<string, bool> isGiven)
    {
        const string Certificate = "security.tls.certificate_file", Key = "security.tls.key_file", Authorities = "security.tls.ca_file";
        if (!isGiven(Certificate) && !isGiven(Key) && !isGiven(Authorities))
            yield break;
        foreach (var needed in (string[])[Certificate, Key])
            if (!isGiven(needed))
                yield return (needed, new($"{needed} is missing", "security.tls needs both certificate_file and key_file"));
    }
}
