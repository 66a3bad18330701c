using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using PgHa.Agent.Configuration;
using PgHa.Agent.Security;
using PgHa.Client.Operations;

namespace PgHa.Agent.Api;

/// <summary>Bearer token on every call, compared in constant time: the agents' own, that of this machine, or one with a name and a role.</summary>
internal sealed class TokenAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, AgentOptions agent, AccessToken token, LocalToken local, NamedTokens named)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    internal const string Name = "token";
    private const string Bearer = "Bearer ";
    private DateOnly? _ended;

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var header = Request.Headers.Authorization.ToString();
        if (!header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) || Find(header[Bearer.Length..].Trim()) is not { } caller)
            return Task.FromResult(AuthenticateResult.NoResult());
        return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(AccessGuard.Identify(caller)), Name)));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.Headers.WWWAuthenticate = "Bearer";
        return Answers.WriteAsync(Context, _ended is { } day
            ? new(Code.Credentials, $"the token has expired: its last day was {day:yyyy-MM-dd}", "pgha token add NAME ROLE makes another one (docs/security.md)")
            : new(Code.Credentials, "bad or missing credentials", Hint()), 401);
    }

    private string Hint() => agent.Security.TokenFile is not null ? "send the content of security.token_file: -H \"Authorization: Bearer $PGHA_TOKEN\""
        : $"run pgha as the agent's user or root, or send the content of {agent.State.LocalToken}: -H \"Authorization: Bearer $PGHA_TOKEN\"";

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
