using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using PgHa.Client.Operations;

namespace PgHa.Agent.Api;

/// <summary>Reads a JSON body strictly: bounded, with all of its fields and no others, each of its type. Its content type is not asked for.</summary>
internal static class JsonBody
{
    /// <summary>The longest body of a request is a lock with the names of all nodes.</summary>
    internal const int Longest = 1 << 16;

    /// <summary>What the body says.</summary>
    /// <param name="request">The request; its body is not read yet.</param>
    /// <param name="type">One of <see cref="Client.StrictJson"/>.</param>
    /// <param name="empty">What no body says, or blanks; null: there must be one.</param>
    /// <param name="hint">Which fields there are.</param>
    internal static async Task<Answer<T>> ReadAsync<T>(HttpRequest request, JsonTypeInfo<T> type, T? empty, string hint)
        where T : class
    {
        var buffer = new MemoryStream();
        var piece = new byte[1 << 12];
        for (int read; (read = await request.Body.ReadAsync(piece, request.HttpContext.RequestAborted)) > 0;)
        {
            if (buffer.Length + read > Longest)
                return new Refusal(Code.Invalid, $"the body has more than {Longest} bytes", hint);
            buffer.Write(piece, 0, read);
        }
        var bytes = buffer.GetBuffer().AsSpan(0, (int)buffer.Length);
        if (bytes.Trim(" \t\r\n"u8).IsEmpty)
            return empty is null ? new Refusal(Code.Invalid, "the body is empty", hint) : empty;
        try
        {
            return JsonSerializer.Deserialize(bytes, type) is { } value ? value : new Refusal(Code.Invalid, "the body is null", hint);
        }
        catch (JsonException e)
        {
            return new Refusal(Code.Invalid, $"the body is not understood: {e.Message}", hint);
        }
    }
}
