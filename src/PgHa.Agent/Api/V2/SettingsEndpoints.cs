using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using PgHa.Agent.Operations;
using PgHa.Agent.Plans;
using PgHa.Agent.Security;
using PgHa.Client;
using PgHa.Client.Operations;

namespace PgHa.Agent.Api.V2;

/// <summary>What is left to do until settings are in force on all nodes (<c>pgha set</c>). The operations themselves are changes of the cluster like any other.</summary>
internal static class SettingsEndpoints
{
    internal static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost(Routes.V2 + "/cluster/set/series", PostAsync).TakesBody(StrictJson.Default.ClusterChange).WithMetadata(new Needs(AccessNeed.Change, Noted: false))
            .Says("What is left to do until settings are in force on all nodes", WireJson.Default.SettingsSeries);

    /// <summary>To say which programs the server runs is more than to change the cluster.</summary>
    internal static Refusal? RefuseCaller(HttpContext http, string settings) =>
        SettingRules.RunsPrograms(settings) is { } name ? AccessGuard.RefuseAllButAdmin(http, $"{name}, which says what the server runs") : null;

    private static async Task<IResult> PostAsync(HttpContext http, FreshDecision fresh)
    {
        var asked = await JsonBody.ReadAsync(http.Request, StrictJson.Default.ClusterChange, new(), "fields: settings, by, force");
        if (!asked.IsOk)
            return Answers.Refuse(asked.Refusal);
        if (asked.Value is not { Settings: { } settings, Target: null, Order: null, Unlogged: null, From: null, At: null, DryRun: false, Stepwise: false, By: null or "restart" })
            return Answers.Refuse(new(Code.Invalid, "this is no series of settings", "fields: settings, by (restart: the primary is restarted where it is), force"));
        if (RefuseCaller(http, settings) is { } refusal)
            return Answers.Refuse(refusal, StatusCodes.Status403Forbidden);
        var series = await fresh.SeriesAsync(settings, new(asked.Value.By == "restart", asked.Value.Force), http.RequestAborted);
        return series.IsOk ? Results.Json(series.Value, WireJson.Default.SettingsSeries) : Answers.Refuse(series.Refusal);
    }
}
