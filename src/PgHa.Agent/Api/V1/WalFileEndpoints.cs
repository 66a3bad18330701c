using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using PgHa.Agent.Postgres;
using PgHa.Client;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;

namespace PgHa.Agent.Api.V1;

/// <summary>The specification's <c>walFile</c>, <c>walFiles</c> and <c>validLsn</c> resources, of the called node.</summary>
internal static class WalFileEndpoints
{
    internal static void Map(IEndpointRouteBuilder routes)
    {
        var v1 = routes.MapGroup(Routes.V1);
        v1.MapMethods("walFile/{name}", [HttpMethods.Get, HttpMethods.Head], Get).SendsBytes().Says("Download a file of pg_wal, with ranges");
        v1.MapPost("walFile/{name}", PlaceAsync).TakesBody().Says("Upload a WAL file to the called node, which is stopped", WireJson.Default.WalUploaded);
        v1.MapPut("walFile/{name}", PlaceAsync).TakesBody().Says("Upload a WAL file to the called node, which is stopped", WireJson.Default.WalUploaded);
        v1.MapGet("walFiles/{name}", ListFromFileAsync).Says("The WAL files from a segment on", WireJson.Default.WalFileEntryArray);
        v1.MapGet("walFiles/{timeline}/{hi}/{lo}", ListFromLsnAsync).Says("The WAL files from a position on", WireJson.Default.WalFileEntryArray);
        v1.MapGet("validLsn/{timeline}/{hi}/{lo}", ValidateAsync).Says("Whether a record starts at a position. The status is 200 whatever the code says", WireJson.Default.WalCheck);
    }

    /// <summary>The file as it is, with ranges.</summary>
    private static IResult Get(HttpContext http, string name, LocalNode node)
    {
        if (node.WalFile(name) is not { } path)
            return Answers.Refuse(node.NoSuchFile(name));
        http.Features.Set<IHttpResponseBodyFeature>(new LargePieces(http.Features.GetRequiredFeature<IHttpResponseBodyFeature>()));
        return Results.File(path, "application/octet-stream", enableRangeProcessing: true);
    }

    private static Task<IResult> PlaceAsync(HttpContext http, string name, WalUploads uploads) => uploads.ReceiveAsync(http, name);

    private static async Task<IResult> ListFromFileAsync(HttpContext http, string name, LocalNode node, WalListing listing)
    {
        var position = await node.Wal.PositionAsync(http.RequestAborted);
        if (!position.IsOk)
            return Answers.Refuse(position.Refusal);
        return WalFileName.TryParse(name, out var parsed) && parsed.Kind is WalFileKind.Segment or WalFileKind.Partial && parsed.Fits(position.Value.SegmentSize)
            ? await ListAsync(parsed.Segment(position.Value.SegmentSize), position.Value, listing)
            : Answers.Refuse(new(Code.Invalid, $"{name} is not the name of a WAL segment", "write it as 000000030000000000000039"), StatusCodes.Status404NotFound);
    }

    private static async Task<IResult> ListFromLsnAsync(HttpContext http, string timeline, string hi, string lo, LocalNode node, WalListing listing)
    {
        if (!TryParse(timeline, hi, lo, out var id, out var lsn))
            return NotAPosition(http);
        var position = await node.Wal.PositionAsync(http.RequestAborted);
        return position.IsOk
            ? await ListAsync(WalSegment.At(id, lsn, position.Value.SegmentSize), position.Value, listing)
            : Answers.Refuse(position.Refusal);
    }

    private static async Task<IResult> ListAsync(WalSegment first, WalPosition position, WalListing listing)
    {
        var files = await listing.FromAsync(first, position);
        if (files.Count == 0)
            return Answers.Refuse(new(Code.NotFound, $"{position.Node} has no WAL from {first.FileName} on", $"its WAL ends at {position.End} on timeline {position.Timeline}"));
        return WrittenJson.Of([.. files.Select(f => new WalFileEntry(f.File, f.Md5))], WireJson.Default.WalFileEntryArray);
    }

    /// <summary>Always 200, with codes of its own (the contract); counts from the record on to the end of the timeline's valid WAL.</summary>
    private static async Task<IResult> ValidateAsync(HttpContext http, string timeline, string hi, string lo, LocalNode node, WalListing listing)
    {
        if (!TryParse(timeline, hi, lo, out var id, out var lsn))
            return NotAPosition(http);
        var position = await node.Wal.PositionAsync(http.RequestAborted);
        if (!position.IsOk)
            return Validity(WalValidity.Other, position.Refusal.Message, 0);
        using var folder = listing.Open(position.Value);
        var (validity, count) = await Task.Run(() => WalListing.Validate(folder, position.Value, id, lsn), http.RequestAborted);
        return Validity(validity, validity switch
        {
            WalValidity.Valid => "Valid lsn",
            WalValidity.NoSuchWal => "No such WAL",
            WalValidity.NoRecordThere => "No record starts there",
            _ => "Nothing at or after it",
        }, count);
    }

    private static WrittenJson Validity(WalValidity validity, string message, long count) =>
        WrittenJson.Of(new WalCheck { Code = validity, Message = message, Count = count.ToString(CultureInfo.InvariantCulture) }, WireJson.Default.WalCheck);

    private static bool TryParse(string timeline, string hi, string lo, out TimelineId id, out Lsn lsn)
    {
        id = uint.TryParse(timeline, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? new(number) : default;
        return Lsn.TryParse(hi, lo, out lsn) && number > 0;
    }

    private static IResult NotAPosition(HttpContext http) => Answers.Refuse(
        new(Code.Invalid, $"{http.Request.Path} names no timeline and LSN", "write it as …/3/0/39000028: timeline decimal, both parts of the LSN hexadecimal"),
        StatusCodes.Status404NotFound);
}
