using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using PgHa.Agent.Configuration;
using PgHa.Agent.Security;
using PgHa.Client.Operations;

namespace PgHa.Agent.Api;

/// <summary>
/// Bearer token on every call, compared in constant time: the agents' own, that of this machine, or one with a name and a role. Who has none that counts may have the certificate of a node.
/// </summary>
internal sealed class TokenAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, AgentOptions agent, AccessToken token, LocalToken local, NamedTokens named, PeerCertificates peers)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    internal const string Name = "token";
    private const string Bearer = "Bearer ";
    private DateOnly? _ended;
    private PeerJudgement? _refused;

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var header = Request.Headers.Authorization.ToString();
        var caller = header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? Find(header[Bearer.Length..].Trim()) : null;
        return Task.FromResult((caller ?? FindNode()) is { } found ? AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(AccessGuard.Identify(found)), Name)) : AuthenticateResult.NoResult());
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.Headers.WWWAuthenticate = "Bearer";
        return Answers.WriteAsync(Context, Refuse(), 401);
    }

    private Refusal Refuse() =>
        _ended is { } day ? new(Code.Credentials, $"the token has expired: its last day was {day:yyyy-MM-dd}", "pgha token add NAME ROLE makes another one (docs/security.md)")
        : _refused is { } certificate ? new(Code.Credentials, $"the certificate that was presented {certificate.Problem}", certificate.Hint!)
        : agent.Security.Tls?.ClientCaFile is null ? new(Code.Credentials, Refusal.BadCredentials, Hint())
        : new(Code.Credentials, "no certificate was presented, and no token that counts", $"{Hint()}. An agent presents the certificate in its security.tls; it has to have one");

    /// <summary>Where certificates count.</summary>
    private Caller? FindNode()
    {
        var judged = Context.Features.Get<PresentedCertificate>() is { } presented ? peers.Judge(presented) : null;
        _refused = judged is { Node: null } ? judged : null;
        return judged?.Node is { } node ? Caller.Node(node) : null;
    }

    private string Hint() => agent.Security.TokenFile is not null ? "send the content of security.token_file: -H \"Authorization: Bearer $PGHA_TOKEN\""
        : agent.Security.OwnerOnly ? $"run pgha as the agent's user or root, or send the content of {agent.State.LocalToken}: -H \"Authorization: Bearer $PGHA_TOKEN\""
        : "send a token of security.tokens_file: -H \"Authorization: Bearer $PGHA_TOKEN\"";

    private Caller? Find(string given)
    {
        if (token.Accepts(given))
            return Caller.Agents;
        if (local.Accepts(given))
            return Caller.Local;
        (var caller, _ended) = named.Find(given);
        return caller;
    }
}
