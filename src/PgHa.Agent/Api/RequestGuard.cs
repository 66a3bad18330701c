using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using PgHa.Client.Operations;

namespace PgHa.Agent.Api;

/// <summary>
/// The one place where a request is checked against what its route takes. An option that is misspelt, given twice or ignored, and a body
/// that is not read, are refused, because a misunderstanding must not become a role change.
/// </summary>
internal static class RequestGuard
{
    private const int Enough = 1024;

    internal static void Use(IApplicationBuilder app) => app.Use(next => async context =>
    {
        if (context.GetEndpoint() is RouteEndpoint route && await RefuseAsync(context, route.Metadata.GetMetadata<Takes>() ?? Takes.Nothing) is { } refusal)
            await Answers.WriteAsync(context, refusal, StatusCodes.Status400BadRequest);
        else
            await next(context);
    });

    private static async ValueTask<Refusal?> RefuseAsync(HttpContext context, Takes takes) =>
        RepeatHeaders.Refuse(context.Request) ?? RefuseOptions(context.Request, takes) ?? (takes.Body ? null : await RefuseBodyAsync(context.Request, takes));

    private static Refusal? RefuseOptions(HttpRequest request, Takes takes)
    {
        foreach (var (name, value) in request.RouteValues)
            if (value is string text && text.Any(char.IsControl))
                return new(Code.Invalid, $"the {name} in the path has control characters", "write it as it is shown");
        foreach (var (name, values) in request.Query)
        {
            if (values.Count != 1)
                return new(Code.Invalid, $"option {Shown(name)} is given {values.Count} times", "give it once");
            if (name.Any(char.IsControl) || values[0]!.Any(char.IsControl))
                return new(Code.Invalid, $"option {Shown(name)} has control characters", "write it as it is shown");
            if (name == AnswerForm.Pretty && HttpMethods.IsGet(request.Method) && values[0] is "" or "true" or "false")
                continue;
            if (takes.Options is { } options && !options.Contains(name))
                return new(Code.Invalid, $"invalid option {Shown(name)}", options.Count == 0 ? "this call takes no options" : $"options: {string.Join(", ", options)}");
        }
        return null;
    }

    /// <summary>Null for no body, blanks or an empty JSON object. Whether there is a body does not depend on a length being announced.</summary>
    private static async ValueTask<Refusal?> RefuseBodyAsync(HttpRequest request, Takes takes)
    {
        if (request.HttpContext.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false })
            return null;
        var buffer = new byte[Enough];
        var length = await request.Body.ReadAtLeastAsync(buffer, Enough, throwOnEndOfStream: false, request.HttpContext.RequestAborted);
        return Encoding.UTF8.GetString(buffer, 0, length).Trim() is "" or "{}" ? null : new(Code.Invalid, "this call takes no body",
            takes.Options is { Count: 0 } ? "leave it out" : "give the options in the query, for example ?dryRun=true");
    }

    private static string Shown(string name) => new([.. name.Take(40).Select(c => char.IsControl(c) ? '?' : c)]);
}
