using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using PgHa.Client;

namespace PgHa.Agent.Api.V2;

/// <summary>Lets the agent read its configuration again (<c>pgha reload-config</c>).</summary>
internal static class ConfigurationEndpoints
{
    internal static void Map(IEndpointRouteBuilder routes) => routes.MapPost(Routes.V2 + "/node/reload-config", (Delegate)ReloadAsync).TakesOptions()
        .Says("Let the called agent read its configuration again, as on SIGHUP", WireJson.Default.ConfigurationChange);

    private static async Task<IResult> ReloadAsync(HttpContext http)
    {
        var read = await http.RequestServices.GetRequiredService<ConfigurationReload>().ReadAsync(http.RequestAborted);
        return read.IsOk ? Results.Json(read.Value, WireJson.Default.ConfigurationChange) : Answers.Refuse(read.Refusal);
    }
}
