using System.Net;

namespace PgHa.Agent.Configuration;

/// <summary>The URL of an agent: <c>http</c> or <c>https</c>, a host and a port, nothing else. Pure.</summary>
internal static class UrlForm
{
    private const string Hint = "write it as http://HOST:PORT or https://HOST:PORT";

    /// <summary>Where an agent listens; 0.0.0.0 and [::] mean every address.</summary>
    public static Complaint? Listen(string text, out Uri? value) =>
        Parse(text, out value) is { } complaint ? complaint with { Hint = $"{complaint.Hint}; 0.0.0.0 listens on every address" } : null;

    /// <summary>Where an agent is called.</summary>
    public static Complaint? Agent(string text, out Uri? value)
    {
        if (Parse(text, out value) is { } complaint)
            return complaint;
        if (!IsAnyAddress(value!.IdnHost))
            return null;
        value = null;
        return new("the URL names every address, not one", "write the address at which the other nodes reach this agent");
    }

    /// <summary>Whether only this machine can reach the URL's host: 127.0.0.0/8, [::1] or localhost.</summary>
    public static bool IsLoopback(Uri url) =>
        IPAddress.TryParse(url.IdnHost, out var address)
            ? IPAddress.IsLoopback(address)
            : url.IdnHost.Equals("localhost", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether the host is 0.0.0.0 or ::. A connection to it reaches this machine, not the node that is meant.</summary>
    public static bool IsAnyAddress(string host) =>
        IPAddress.TryParse(host, out var address) && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any));

    private static Complaint? Parse(string text, out Uri? value)
    {
        value = null;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || !IsWeb(url))
            return new("not an http or https URL", Hint);
        if (url.UserInfo.Length > 0)
            return new("the URL contains a user or password", $"{Hint}; credentials belong in security.token_file");
        if (url.PathAndQuery != "/" || url.Fragment.Length > 0)
            return new($"the URL has a path: {url.PathAndQuery}{url.Fragment}", Hint);
        if (url.Port == 0)
            return new("the URL has port 0", $"{Hint}, with a port from 1 to 65535");
        value = url;
        return null;
    }

    private static bool IsWeb(Uri url) => url.Host.Length > 0 && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps);
}
