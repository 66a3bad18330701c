using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace PgHa.Agent.Api;

/// <summary>JSON answers to GET end with a newline, so that a prompt follows on a line of its own; with <c>?pretty</c> they are indented.</summary>
internal static class AnswerForm
{
    /// <summary>The option that every GET has.</summary>
    internal const string Pretty = "pretty";

    /// <summary>What an answer to GET ends with.</summary>
    internal static readonly ReadOnlyMemory<byte> NewLine = "\n"u8.ToArray();
    private static readonly JsonWriterOptions Indented = new() { Indented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal static void Use(IApplicationBuilder app) => app.Use(next => context =>
        !HttpMethods.IsGet(context.Request.Method) || context.GetEndpoint()?.Metadata.GetMetadata<SendsBytes>() is not null ? next(context)
            : IsPretty(context.Request) ? IndentAsync(context, next)
            : EndAsync(context, next));

    private static bool IsPretty(HttpRequest request) => request.QueryString.HasValue && request.Query.TryGetValue(Pretty, out var value) && value.ToString() is "" or "true";

    private static bool IsJson(HttpResponse response) => response.ContentType?.StartsWith("application/json", StringComparison.Ordinal) == true;

    /// <summary>An answer whose length is known has been ended by whoever wrote it.</summary>
    private static async Task EndAsync(HttpContext context, RequestDelegate next)
    {
        await next(context);
        if (context.Response.ContentLength is not null || !IsJson(context.Response))
            return;
        context.Response.BodyWriter.Write(NewLine.Span);
        if (context.Response.HasStarted)
            await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }

    private static async Task IndentAsync(HttpContext context, RequestDelegate next)
    {
        var body = context.Response.Body;
        using var plain = new MemoryStream();
        context.Response.Body = plain;
        try
        {
            await next(context);
            await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
        }
        finally
        {
            context.Response.Body = body;
        }
        if (IsJson(context.Response))
            await WriteAsync(context.Response, plain.ToArray(), context.RequestAborted);
        else
            await body.WriteAsync(plain.GetBuffer().AsMemory(0, (int)plain.Length), context.RequestAborted);
    }

    private static async Task WriteAsync(HttpResponse response, byte[] plain, CancellationToken cancel)
    {
        using var json = JsonDocument.Parse(plain);
        using var indented = new MemoryStream();
        await using (var writer = new Utf8JsonWriter(indented, Indented))
            json.WriteTo(writer);
        indented.Write(NewLine.Span);
        response.ContentLength = indented.Length;
        await response.Body.WriteAsync(indented.GetBuffer().AsMemory(0, (int)indented.Length), cancel);
    }
}
