using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using PgHa.Agent.Security;
using PgHa.Client.Operations;

namespace PgHa.Agent.Api;

/// <summary>Bearer token on every call, compared in constant time: the agents' own, or one with a name and a role.</summary>
internal sealed class TokenAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, AccessToken token, NamedTokens named)
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
            : new(Code.Credentials, "bad or missing credentials", "send the content of security.token_file: -H \"Authorization: Bearer $PGHA_TOKEN\""), 401);
    }

    private Caller? Find(string given)
    {
        if (token.Accepts(given))
            return Caller.Agents;
        (var caller, _ended) = named.Find(given);
        return caller;
    }
}
