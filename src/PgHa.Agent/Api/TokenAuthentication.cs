using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using PgHa.Agent.Security;
using PgHa.Client.Operations;

namespace PgHa.Agent.Api;

/// <summary>Bearer token on every call, compared in constant time.</summary>
internal sealed class TokenAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, AccessToken token)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    internal const string Name = "token";
    private const string Bearer = "Bearer ";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var header = Request.Headers.Authorization.ToString();
        if (!header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) || !token.Accepts(header[Bearer.Length..].Trim()))
            return Task.FromResult(AuthenticateResult.NoResult());
        var who = new ClaimsPrincipal(new ClaimsIdentity(Name));
        return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(who, Name)));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.Headers.WWWAuthenticate = "Bearer";
        return Answers.WriteAsync(Context, new(Code.Credentials, "bad or missing credentials",
            "send the content of security.token_file: -H \"Authorization: Bearer $PGHA_TOKEN\""), 401);
    }
}
