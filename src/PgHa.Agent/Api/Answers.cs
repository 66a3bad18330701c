using System.Text.Json;
using Microsoft.AspNetCore.Http;
using PgHa.Client;
using PgHa.Client.Operations;

namespace PgHa.Agent.Api;

/// <summary>The one place where codes become HTTP answers.</summary>
internal static class Answers
{
    /// <summary>A refusal with the status that belongs to its code, unless the edge knows better (404 for a path, 405 for a method).</summary>
    internal static IResult Refuse(Refusal refusal, int? status = null) =>
        Results.Json(refusal, WireJson.Default.Refusal, statusCode: status ?? Status(refusal.Code));

    /// <summary>The contract's HTTP status of a code.</summary>
    internal static int Status(Code code) => code switch
    {
        Code.Done => StatusCodes.Status200OK,
        Code.NotFound => StatusCodes.Status404NotFound,
        Code.Invalid or Code.BadUpload => StatusCodes.Status400BadRequest,
        Code.StepFailed => StatusCodes.Status500InternalServerError,
        Code.PeerUnreachable => StatusCodes.Status502BadGateway,
        Code.Credentials => StatusCodes.Status401Unauthorized,
        _ => StatusCodes.Status409Conflict,
    };

    /// <summary>Writes a refusal where there is no endpoint to return it: unknown paths, wrong methods, missing credentials.</summary>
    internal static Task WriteAsync(HttpContext context, Refusal refusal, int status)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        return JsonSerializer.SerializeAsync(context.Response.Body, refusal, WireJson.Default.Refusal, context.RequestAborted);
    }

    /// <summary>The answer to a request that met a bug or failed I/O; the exception is in the log.</summary>
    internal static Task WriteFailureAsync(HttpContext context)
    {
        var error = context.Features.Get<Microsoft.AspNetCore.Diagnostics.IExceptionHandlerFeature>()?.Error;
        return error switch
        {
            BadHttpRequestException bad => WriteAsync(context, new(Code.Invalid, bad.Message, "see the README"), bad.StatusCode),
            IOException or UnauthorizedAccessException => WriteAsync(context, new(Code.WrongState, $"this node cannot read or write its own files: {error.Message}",
                "look at its disk, and at whom the files belong to"), StatusCodes.Status409Conflict),
            _ => WriteAsync(context, new(Code.StepFailed, $"the agent failed: {error?.Message}", "look at the agent's log"), StatusCodes.Status500InternalServerError),
        };
    }

    /// <summary>The body of an answer that the framework left empty.</summary>
    internal static Task WriteEmptyAsync(HttpContext context) => context.Response.StatusCode switch
    {
        StatusCodes.Status404NotFound => WriteAsync(context, new(Code.Invalid, $"there is no {context.Request.Path}",
            $"the calls are listed in the README; they begin with {Routes.V1} or {Routes.V2}"), StatusCodes.Status404NotFound),
        StatusCodes.Status405MethodNotAllowed => WriteAsync(context, new(Code.Invalid,
            $"{context.Request.Method} is not possible on {context.Request.Path}",
            $"possible: {context.Response.Headers.Allow}"), StatusCodes.Status405MethodNotAllowed),
        var status => WriteAsync(context, new(Code.Invalid, $"the request was not understood ({status})", "see the README"), status),
    };
}
