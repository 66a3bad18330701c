using System.Globalization;
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

/// <summary>Where PostgreSQL is reached: <c>host:port</c>, <c>127.0.0.1:5432</c> or <c>[::1]:5432</c>. Pure.</summary>
/// <param name="Host">Name or address, IPv6 without brackets, addresses in their shortest form.</param>
/// <param name="Port">1 to 65535.</param>
internal sealed record PostgresAddress(string Host, int Port)
{
    public static Complaint? Parse(string text, out PostgresAddress? value)
    {
        value = null;
        var colon = text.LastIndexOf(':');
        if (colon < 0 || text.EndsWith(']'))
            return new($"'{text}' has no port", $"write {text}:5432");
        if (!int.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port is < 1 or > 65535)
            return new($"'{text[(colon + 1)..]}' is not a port", "write HOST:PORT with a port from 1 to 65535");
        if (HostOf(text[..colon]) is not { } host)
            return new($"'{text[..colon]}' is not a host name or address", "write HOST:PORT; IPv6 in brackets, such as [::1]:5432");
        if (UrlForm.IsAnyAddress(host))
            return new($"'{host}' names every address, not one", "write the address at which the other nodes reach this PostgreSQL");
        value = new(host, port);
        return null;
    }

    private static string? HostOf(string text)
    {
        var isBracketed = text is ['[', .., ']'];
        var host = isBracketed ? text[1..^1] : text;
        return (Uri.CheckHostName(host), isBracketed) switch
        {
            (UriHostNameType.IPv6, true) or (UriHostNameType.IPv4, false) => IPAddress.Parse(host).ToString(),
            (UriHostNameType.Dns, false) => host,
            _ => null,
        };
    }
}
