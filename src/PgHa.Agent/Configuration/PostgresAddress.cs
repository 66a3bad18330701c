using System.Globalization;
using System.Net;

namespace PgHa.Agent.Configuration;

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
