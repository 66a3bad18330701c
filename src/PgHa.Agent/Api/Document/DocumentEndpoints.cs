using System.IO.Compression;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;
using PgHa.Client;

namespace PgHa.Agent.Api.Document;

/// <summary>
/// The document of the API, and a page that shows it and can call the agent. They are files of the executable, the same for every cluster: nothing is told of this one, and no token is needed. A browser
/// could not present one when it opens the page; the calls that are made from it need one as all others do.
/// </summary>
internal static class DocumentEndpoints
{
    private static readonly Served[] All =
    [
        new("openapi.json", "openapi.json", "application/json", "This document (OpenAPI 3.1)"),
        new("docs", "page.html", "text/html; charset=utf-8", "A page that shows this document and can make its calls"),
        new("docs/page.css", "page.css", "text/css; charset=utf-8", "The form of the page"),
        new("docs/rapidoc-min.js", "rapidoc-min.js", "text/javascript; charset=utf-8", "The program of the page, RapiDoc"),
        new("docs/rapidoc-min.js.LICENSE.txt", "rapidoc-min.js.LICENSE.txt", "text/plain; charset=utf-8", "The licence of that program"),
    ];

    internal static void Map(IEndpointRouteBuilder routes)
    {
        var v2 = routes.MapGroup(Routes.V2);
        foreach (var file in All)
            v2.MapGet(file.Path, (Delegate)((HttpContext http) => SendAsync(http, file))).SendsBytes().NeedsNothing().Says(file.Summary).Gives(file.MediaType);
    }

    /// <summary>As it lies in the executable, packed, for whoever can unpack it.</summary>
    private static async Task SendAsync(HttpContext http, Served file)
    {
        BrowserGuard.AllowPage(http.Response.Headers);
        http.Response.ContentType = file.MediaType;
        http.Response.Headers.Vary = HeaderNames.AcceptEncoding;
        await using var packed = typeof(DocumentEndpoints).Assembly.GetManifestResourceStream(file.Resource) ?? throw new FileNotFoundException(file.Resource);
        if (TakesPacked(http.Request))
        {
            http.Response.Headers.ContentEncoding = "gzip";
            http.Response.ContentLength = packed.Length;
            await packed.CopyToAsync(http.Response.Body, http.RequestAborted);
            return;
        }
        await using var plain = new GZipStream(packed, CompressionMode.Decompress);
        await plain.CopyToAsync(http.Response.Body, http.RequestAborted);
    }

    private static bool TakesPacked(HttpRequest request) =>
        StringWithQualityHeaderValue.TryParseList(request.Headers.AcceptEncoding, out var accepted) && accepted.Any(a => a.Value == "gzip" && a.Quality is not 0);

    /// <param name="Path">Below v2.</param>
    /// <param name="Resource">The name of the file in the executable.</param>
    /// <param name="MediaType">What it is.</param>
    /// <param name="Summary">What it is for.</param>
    private sealed record Served(string Path, string Resource, string MediaType, string Summary);
}
