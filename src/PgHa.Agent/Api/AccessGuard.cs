using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using PgHa.Agent.Security;
using PgHa.Client.Operations;

namespace PgHa.Agent.Api;

/// <summary>What a route needs, where that does not follow from its method.</summary>
/// <param name="Need">What it needs.</param>
/// <param name="Noted">Whether its calls stand in the audit log.</param>
internal sealed record Needs(AccessNeed Need, bool Noted = true);

/// <summary>The one place where a caller's role is compared with what its call needs, and where changes are noted with who called them.</summary>
internal static class AccessGuard
{
    private const string Anyone = "anyone on this machine";

    /// <param name="app">The agent.</param>
    /// <param name="secured">Whether callers need a token.</param>
    internal static void Use(WebApplication app, bool secured)
    {
        var audit = app.Services.GetRequiredService<AuditLog>();
        app.Use(next => context => context.GetEndpoint() is RouteEndpoint route && (secured || !OnlyLooks(context.Request.Method)) ? RunAsync(context, route, next, secured, audit) : next(context));
    }

    /// <summary>It is noted however it ends, also where the caller does not wait for the answer.</summary>
    private static async Task RunAsync(HttpContext context, RouteEndpoint route, RequestDelegate next, bool secured, AuditLog audit)
    {
        var needs = Of(route, context.Request.Method);
        var caller = CallerOf(context);
        var answered = false;
        try
        {
            if (needs.Need is not AccessNeed.Nothing && (caller is null ? secured : !AccessRules.Allows(caller.Role, needs.Need)))
                await Answers.WriteAsync(context, Refuse(context, caller, needs.Need), StatusCodes.Status403Forbidden);
            else
                await next(context);
            answered = true;
        }
        finally
        {
            if (needs is { Noted: true, Need: AccessNeed.Change or AccessNeed.Step })
                audit.Add(EntryOf(context, caller, needs.Need) with { Status = answered ? context.Response.StatusCode : StatusCodes.Status500InternalServerError });
        }
    }

    /// <summary>Why the caller must not do what only an administrator may, or null. Where no token is configured everybody on this machine may do everything.</summary>
    internal static Refusal? RefuseAllButAdmin(HttpContext context, string what) => CallerOf(context) is not { Role: not AccessRole.Admin } caller ? null
        : new(Code.Credentials, $"the token {caller.Name} has the role {caller.Role.ToString().ToLowerInvariant()}, which is not enough for {what}",
            "use a token with the role admin: pgha token add NAME ROLE makes one (docs/security.md)");

    private static bool OnlyLooks(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method);

    /// <summary>The claims of a caller.</summary>
    internal static ClaimsIdentity Identify(Caller caller) =>
        new([new(ClaimTypes.Name, caller.Name), new(ClaimTypes.Role, caller.Role.ToString())], TokenAuthentication.Name);

    /// <summary>Null where no token is configured.</summary>
    private static Caller? CallerOf(HttpContext context) =>
        context.User.FindFirstValue(ClaimTypes.Name) is { } name && Enum.TryParse<AccessRole>(context.User.FindFirstValue(ClaimTypes.Role), out var role) ? new(name, role) : null;

    /// <summary>What a call of a route needs.</summary>
    internal static Needs Of(RouteEndpoint route, string method) => route.Metadata.GetMetadata<Needs>()
        ?? new(!OnlyLooks(method) ? AccessNeed.Change : route.Metadata.GetMetadata<SendsBytes>() is null ? AccessNeed.Look : AccessNeed.Content);

    private static Refusal Refuse(HttpContext context, Caller? caller, AccessNeed need) => new(Code.Credentials,
        $"{caller?.Words ?? "the token of nobody"} has the role {caller?.Role.ToString().ToLowerInvariant() ?? "none"}, which is not enough for {context.Request.Method} {context.Request.Path}",
        $"use a token with the role {AccessRules.Enough(need)}: pgha token add NAME ROLE makes one (docs/security.md)");

    private static AuditEntry EntryOf(HttpContext context, Caller? caller, AccessNeed need) => new(default, "call")
    {
        Who = caller?.Name ?? Anyone,
        Role = caller?.Role.ToString().ToLowerInvariant(),
        From = context.Connection.RemoteIpAddress?.ToString(),
        Call = $"{context.Request.Method} {context.Request.Path}{context.Request.QueryString}",
        ByHand = need == AccessNeed.Step && caller is { Role: AccessRole.Admin } && caller != Caller.Agents ? true : null,
        Operation = context.Response.Headers.Location is [{ } location] && location.Contains("/operations/", StringComparison.Ordinal) ? location[(location.LastIndexOf('/') + 1)..] : null,
    };
}

/// <summary>Says it of a route.</summary>
internal static class NeedsExtensions
{
    /// <summary>An agent calls it in the course of a plan.</summary>
    internal static T IsStep<T>(this T route, bool noted = true)
        where T : IEndpointConventionBuilder => route.WithMetadata(new Needs(AccessNeed.Step, noted));

    /// <summary>It tells nothing of this cluster, and is the same everywhere.</summary>
    internal static T NeedsNothing<T>(this T route)
        where T : IEndpointConventionBuilder => route.WithMetadata(new Needs(AccessNeed.Nothing)).AllowAnonymous();

    /// <summary>Its answer holds content of the database.</summary>
    internal static T GivesContent<T>(this T route)
        where T : IEndpointConventionBuilder => route.WithMetadata(new Needs(AccessNeed.Content));
}
