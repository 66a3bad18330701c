using System.Text;
using Microsoft.AspNetCore.Http;
using PgHa.Client.Operations;

namespace PgHa.Agent.Api;

/// <summary>The calls that change something take their options in the query; a body that says something is a misunderstanding.</summary>
internal static class RequestBody
{
    private const int Enough = 1024;

    /// <summary>Null for no body, blanks or an empty JSON object, else why the call is refused.</summary>
    internal static async Task<Refusal?> RefuseAsync(HttpRequest request)
    {
        if (request.ContentLength is null or 0 && !request.Headers.TransferEncoding.Any(e => e is not null && e.Contains("chunked", StringComparison.Ordinal)))
            return null;
        var buffer = new byte[Enough];
        var length = await request.Body.ReadAtLeastAsync(buffer, Enough, throwOnEndOfStream: false, request.HttpContext.RequestAborted);
        var text = Encoding.UTF8.GetString(buffer, 0, length).Trim();
        return text is "" or "{}"
            ? null
            : new(Code.Invalid, "this call takes no body", "give the options in the query, for example ?dryRun=true");
    }
}
