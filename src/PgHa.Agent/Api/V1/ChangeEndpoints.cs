using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using PgHa.Agent.Plans;
using PgHa.Client;
using PgHa.Client.Operations;

namespace PgHa.Agent.Api.V1;

/// <summary>The specification's calls that change something. Which there are, and what they mean, says the table of requests (<see cref="RequestForm"/>).</summary>
internal static class ChangeEndpoints
{
    /// <summary>What follows the first word of a path.</summary>
    private static readonly string[] Parts = ["scope", "sequence"];

    internal static void Map(IEndpointRouteBuilder routes)
    {
        var v1 = routes.MapGroup(Routes.V1);
        foreach (var (method, resource, length) in RequestForm.AllCalls.Where(c => !c.IsNative).Select(c => (c.Method, c.Path.Split('/')[0], c.Path.Split('/').Length)).Distinct())
            v1.MapMethods($"{resource}/{{{string.Join("}/{", Parts[..(length - 1)])}}}", [method], (HttpContext http, Changes changes) => ChangeAsync(http, resource, changes)).ReadsOptions().Answers(CallTable.Requests)
                .Says("A change", WireJson.Default.DictionaryStringString).Gives(StatusCodes.Status200OK, WireJson.Default.OperationReport).Gives(StatusCodes.Status202Accepted, WireJson.Default.OperationReport);
    }

    /// <summary>A path that is none is told apart from a wrong method: its answer names those that are.</summary>
    private static Task<IResult> ChangeAsync(HttpContext http, string resource, Changes changes)
    {
        var path = string.Join('/', [resource, .. Parts.Where(http.Request.RouteValues.ContainsKey).Select(p => http.Request.RouteValues[p])]);
        var possible = RequestForm.AllCalls.Where(c => c.Method == http.Request.Method && c.Path.StartsWith(resource + "/", StringComparison.Ordinal)).ToArray();
        return possible.FirstOrDefault(c => c.Path == path) is { } call ? changes.RunAsync(http, call)
            : Task.FromResult(Unknown(http, string.Join(", ", possible.Select(c => c.Path))));
    }

    /// <summary>There is no such path.</summary>
    internal static IResult Unknown(HttpContext http, string possible) => Answers.Refuse(
        new(Code.Invalid, $"there is no {http.Request.Method} {http.Request.Path}", $"possible: {possible}"), StatusCodes.Status404NotFound);
}
