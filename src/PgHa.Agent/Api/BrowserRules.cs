using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using PgHa.Agent.Configuration;
using PgHa.Client.Operations;

namespace PgHa.Agent.Api;

/// <summary>
/// Keeps web pages from driving the agent: a browser on this machine reaches it on loopback, and sends what any page asks it to.
/// A page of another origin is told by <c>Origin</c> and <c>Sec-Fetch-Site</c>, one whose name was made to point here (DNS rebinding)
/// by <c>Host</c>. Programs such as curl send none of them. Pure.
/// </summary>
internal sealed class BrowserRules
{
    private const string Hint = "call the agent from a program (curl), or from a page that the agent itself serves";

    private readonly HashSet<string>? _hosts;

    /// <param name="options">Names the hosts by which this cluster's agents are called.</param>
    /// <param name="hasToken">With a token the name does not matter: a page does not know the token, and browsers do not send it by themselves.</param>
    /// <param name="machine">The name of this machine.</param>
    internal BrowserRules(AgentOptions options, bool hasToken, string machine) => _hosts = hasToken ? null : new(
        [.. options.Nodes.Select(n => n.Name), .. options.Nodes.Select(n => n.Agent.DnsSafeHost), options.Listen.DnsSafeHost, machine, "localhost"],
        StringComparer.OrdinalIgnoreCase);

    /// <summary>Why the request is refused, or null.</summary>
    internal Refusal? Refuse(HttpRequest request)
    {
        if (_hosts is not null && !IsOurs(request.Host.Host))
            return new(Code.Credentials, $"the request names the host {Shown(request.Host.Value)}, which is none of this cluster's",
                "call the agent by an address, or by a name in `nodes`; with security.token_file any name will do");
        if (request.Headers.TryGetValue(HeaderNames.Origin, out var origin) && !string.Equals(origin, $"{request.Scheme}://{request.Host.Value}", StringComparison.OrdinalIgnoreCase))
            return new(Code.Credentials, $"the request was sent by a web page of another origin ({Shown(origin)})", Hint);
        var site = request.Headers["Sec-Fetch-Site"].ToString();
        return site is "" or "same-origin" or "none" || IsLink(request) ? null
            : new(Code.Credentials, $"the request was sent by a web page of another origin (Sec-Fetch-Site: {Shown(site)})", Hint);
    }

    /// <summary>A page cannot have its own name made an address: only names can be rebound.</summary>
    private bool IsOurs(string? host) => host is { Length: > 0 } && (_hosts!.Contains(host) || IPAddress.TryParse(host, out _));

    /// <summary>Following a link shows the answer to a person, and not to the page that holds the link.</summary>
    private static bool IsLink(HttpRequest request) => HttpMethods.IsGet(request.Method)
        && request.Headers["Sec-Fetch-Mode"] == "navigate" && request.Headers["Sec-Fetch-Dest"] == "document";

    private static string Shown(string? value) => new([.. (value ?? "").Take(100).Select(c => c is >= ' ' and <= '~' ? c : '?')]);
}
