using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using PgHa.Agent.Succession;
using PgHa.Client;
using PgHa.Client.Operations;

namespace PgHa.Agent.Api.V2;

/// <summary>What is called before the machine goes down (<c>pgha handover</c>).</summary>
internal static class HandoverEndpoints
{
    private const int Usual = 30, Most = 600;

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapPost(Routes.V2 + "/node/handover", (Delegate)HandOverAsync).TakesOptions("[within=SECONDS]")
        .Says("Hand the primary over, because the called node's machine goes down", WireJson.Default.HandoverReport);

    private static async Task<IResult> HandOverAsync(HttpContext http)
    {
        if (http.RequestServices.GetService<MachineHandover>() is not { } handover)
            return Answers.Refuse(FailoverEndpoints.Manual);
        var within = http.Request.Query["within"].FirstOrDefault();
        if (!int.TryParse(within ?? Usual.ToString(CultureInfo.InvariantCulture), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds is < 1 or > Most)
            return Answers.Refuse(new(Code.Invalid, $"invalid option within={within}", $"within=SECONDS, 1 to {Most}; {Usual} without it"));
        return Results.Json(await handover.RunAsync(TimeSpan.FromSeconds(seconds)), WireJson.Default.HandoverReport);
    }
}
