using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;

namespace PgHa.Agent.Api;

/// <summary>JSON that is sent in one piece with its length. As an answer to GET it ends with the newline of <see cref="AnswerForm"/>.</summary>
/// <param name="write">Writes it.</param>
/// <param name="form">How it is escaped.</param>
internal sealed class WrittenJson(Action<Utf8JsonWriter> write, JsonWriterOptions form = default) : IResult
{
    /// <summary>A record, written without reflection.</summary>
    /// <param name="value">The record.</param>
    /// <param name="type">How it is written.</param>
    /// <param name="form">How it is escaped.</param>
    internal static WrittenJson Of<T>(T value, JsonTypeInfo<T> type, JsonWriterOptions form = default) => new(json => JsonSerializer.Serialize(json, value, type), form);

    /// <inheritdoc />
    public Task ExecuteAsync(HttpContext httpContext)
    {
        var body = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(body, form))
            write(json);
        if (HttpMethods.IsGet(httpContext.Request.Method))
            body.Write(AnswerForm.NewLine.Span);
        httpContext.Response.ContentType = "application/json";
        httpContext.Response.ContentLength = body.WrittenCount;
        httpContext.Response.BodyWriter.Write(body.WrittenSpan); // flushed at the end of the request
        return Task.CompletedTask;
    }
}
