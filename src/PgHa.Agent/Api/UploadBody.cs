using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using PgHa.Agent.Postgres;
using PgHa.Client;
using PgHa.Client.Operations;

namespace PgHa.Agent.Api;

/// <summary>The one file in a request: the body itself, or the only part of a multipart form. It is never held in memory as a whole.</summary>
internal static class UploadBody
{
    /// <summary>What a form may have around its file: boundaries and headers.</summary>
    private const int FormBytes = 1 << 16;

    /// <summary>Copies the file; null when all of it was received, else why not.</summary>
    /// <param name="request">The request; its body is not read yet.</param>
    /// <param name="staged">Where the file goes.</param>
    /// <param name="limit">The largest size it may have in bytes: whatever is longer is cut off there.</param>
    /// <param name="cancel">Ends the copying.</param>
    internal static async Task<Refusal?> CopyAsync(HttpRequest request, StagedFile staged, long limit, CancellationToken cancel)
    {
        var isForm = MediaTypeHeaderValue.TryParse(request.ContentType, out var type) && type.MediaType.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase);
        if (request.ContentLength > limit + (isForm ? FormBytes : 0))
            return TooLong(request, limit);
        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } most)
            most.MaxRequestBodySize = limit + FormBytes; // the rest of a longer one is not read
        return isForm
            ? await CopyPartAsync(request, HeaderUtilities.RemoveQuotes(type!.Boundary).Value, staged, limit, cancel)
            : await CopyAsync(request, request.BodyReader, staged, limit, cancel);
    }

    private static async Task<Refusal?> CopyPartAsync(HttpRequest request, string? boundary, StagedFile staged, long limit, CancellationToken cancel)
    {
        if (string.IsNullOrEmpty(boundary))
            return new(Code.BadUpload, "the form names no boundary", Hint(request));
        var form = new MultipartReader(boundary, request.Body, bufferSize: 1 << 16);
        var part = await NextAsync(request, form, cancel);
        if (!part.IsOk)
            return part.Refusal;
        var file = PipeReader.Create(part.Value.Body, new StreamPipeReaderOptions(bufferSize: 1 << 18, minimumReadSize: 1 << 16));
        if (await CopyAsync(request, file, staged, limit, cancel) is { } refusal)
            return refusal;
        return (await NextAsync(request, form, cancel)).IsOk ? new(Code.BadUpload, "the form has more than one part", Hint(request)) : null;
    }

    private static async Task<Answer<MultipartSection>> NextAsync(HttpRequest request, MultipartReader form, CancellationToken cancel)
    {
        try
        {
            return await form.ReadNextSectionAsync(cancel) is { } part ? part : new Refusal(Code.BadUpload, "the form has no part", Hint(request));
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            return BrokenOff(e);
        }
    }

    private static async Task<Refusal?> CopyAsync(HttpRequest request, PipeReader source, StagedFile staged, long limit, CancellationToken cancel)
    {
        for (long length = 0; ;)
        {
            var read = await ReadAsync(source, cancel);
            if (!read.IsOk)
                return read.Refusal;
            var bytes = read.Value.Buffer;
            if (length + bytes.Length > limit)
                return TooLong(request, limit);
            await staged.WriteAsync(bytes, length, cancel);
            length += bytes.Length;
            source.AdvanceTo(bytes.End);
            if (read.Value.IsCompleted)
                return null;
        }
    }

    /// <summary>Only what comes from the caller can break off. A failure of the disk is not the caller's.</summary>
    private static async ValueTask<Answer<ReadResult>> ReadAsync(PipeReader source, CancellationToken cancel)
    {
        try
        {
            return await source.ReadAsync(cancel);
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            return BrokenOff(e);
        }
    }

    private static string Hint(HttpRequest request) =>
        "send the file alone: " + CurlLine.Of(request.Method, $"{request.Scheme}://{request.Host}{request.Path}", request.Headers.Authorization.Count > 0, "--data-binary @FILE") + ", or -F data=@FILE";

    private static Refusal BrokenOff(Exception e) => new(Code.BadUpload, $"the upload broke off: {e.Message}", "repeat the call");

    private static Refusal TooLong(HttpRequest request, long limit) => new(Code.BadUpload, $"the upload has more than {limit} bytes, the most that a file of this name can have", Hint(request));
}
