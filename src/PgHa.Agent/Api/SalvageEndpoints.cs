using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using PgHa.Agent.Postgres;
using PgHa.Client;
using PgHa.Client.Operations;

namespace PgHa.Agent.Api;

/// <summary>What was salvaged on the called node, newest first; the same in both versions of the API.</summary>
internal static class SalvageEndpoints
{
    internal static void Map(IEndpointRouteBuilder routes)
    {
        foreach (var version in new[] { Routes.V1, Routes.V2 })
        {
            var api = routes.MapGroup(version);
            api.MapGet("salvage", (SalvageStore store) =>
                Results.Json([.. store.All.Select(r => r with { Commits = [], Recipe = null })], WireJson.Default.SalvageReportArray))
                .Says("What was salvaged on the called node, the newest first, without commits and recipe", WireJson.Default.SalvageReportArray);
            api.MapGet("salvage/{id}", (string id, SalvageStore store) => store.Find(id) is { } report
                ? Results.Json(report, WireJson.Default.SalvageReport)
                : Answers.Refuse(new(Code.NotFound, $"there is no salvage {id} on this node", "see GET salvage")))
                .Says("One salvage: what was given up, the lost commits, and how their rows are read", WireJson.Default.SalvageReport);
        }
    }
}
