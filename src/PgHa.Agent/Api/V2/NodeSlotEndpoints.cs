using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using PgHa.Agent.Postgres;
using PgHa.Client;
using PgHa.Client.Operations;
using PgHa.Formats;

namespace PgHa.Agent.Api.V2;

/// <summary>The called node's replication slots, for its peers and for a closer look.</summary>
internal static class NodeSlotEndpoints
{
    internal static void Map(IEndpointRouteBuilder routes)
    {
        var slots = routes.MapGroup(Routes.V2 + "/node/slots");
        slots.MapGet("", async (HttpContext http, LocalNode node) =>
        {
            var read = await node.Slots.ReportAsync(http.RequestAborted);
            return read.IsOk ? Results.Json(read.Value, WireJson.Default.SlotsReport) : Answers.Refuse(read.Refusal);
        }).Says("All replication slots of the called node", WireJson.Default.SlotsReport);
        slots.MapGet("{name}/file", async (HttpContext http, string name, LocalNode node) =>
        {
            var file = await node.Slots.FileAsync(name, http.RequestAborted);
            return file.IsOk ? Results.Bytes(file.Value, "application/octet-stream") : Answers.Refuse(file.Refusal);
        }).SendsBytes().Says("The state file of a slot, byte for byte");
        slots.MapGet("decoding", async (HttpContext http, string from, LocalNode node) => Lsn.TryParse(from, out var position)
            ? Results.Json((await node.Slots.DecodingFilesAsync(position, http.RequestAborted)).Value, WireJson.Default.DecodingFileArray)
            : Answers.Refuse(new(Code.Invalid, $"{from} is not an LSN", "write LSNs as 0/3000028"))).TakesOptions("from=LSN").GivesContent()
            .Says("Files of pg_logical that decoding from a position on needs", WireJson.Default.DecodingFileArray);
        slots.MapPost("snapshot", async (HttpContext http, LocalNode node) =>
        {
            var logged = await node.Slots.LogRunningTransactionsAsync(http.RequestAborted);
            return logged.IsOk ? Results.Json(true, WireJson.Default.Boolean) : Answers.Refuse(logged.Refusal);
        }).IsStep().Says("Log the running transactions, so that a copy of a logical slot can begin", WireJson.Default.Boolean);
    }
}
