using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using PgHa.Agent.Configuration;

namespace PgHa.Agent.Api;

/// <summary>Asks <see cref="BrowserRules"/> before anything else looks at a request, and tells browsers to make nothing of an answer.</summary>
internal static class BrowserGuard
{
    private static readonly StringValues NoStore = "no-store";
    private static readonly StringValues NoSniff = "nosniff";
    private static readonly StringValues Nothing = "default-src 'none'; frame-ancestors 'none'";
    private static readonly StringValues Page =
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    private static readonly StringValues SameOrigin = "same-origin";
    private static readonly StringValues NoReferrer = "no-referrer";

    internal static void Use(IApplicationBuilder app, AgentOptions options, bool hasToken)
    {
        var rules = new BrowserRules(options, hasToken, Environment.MachineName);
        app.Use(next => context =>
        {
            Mark(context.Response.Headers);
            return rules.Refuse(context.Request) is { } refusal
                ? Answers.WriteAsync(context, refusal, StatusCodes.Status403Forbidden)
                : next(context);
        });
    }

    /// <summary>The answer is a page, or of one: it may use the files beside it and call this agent, and nothing else. No script stands in a page itself; styles do.</summary>
    internal static void AllowPage(IHeaderDictionary headers) => headers.ContentSecurityPolicy = Page;

    private static void Mark(IHeaderDictionary headers)
    {
        headers.CacheControl = NoStore;
        headers.XContentTypeOptions = NoSniff;
        headers.ContentSecurityPolicy = Nothing;
        headers["Cross-Origin-Resource-Policy"] = SameOrigin;
        headers["Referrer-Policy"] = NoReferrer;
    }
}
