using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using PgHa.Agent.Plans;
using PgHa.Client;
using PgHa.Client.Operations;

namespace PgHa.Agent.Api.V1;

/// <summary>
/// From empty machines to a pair in two calls: <c>data/init</c> on the first ends with a new cluster serving there (single),
/// <c>data/clone</c> on each further one with it streaming (slave). Neither ever touches existing data.
/// </summary>
internal static class DataEndpoints
{
    private static readonly Dictionary<string, Words> Posts = new(StringComparer.Ordinal)
    {
        ["data/init"] = new((node, _) => new InitData(node)),
        ["data/clone"] = new((node, options) => new CloneData(node, options["from"]), "from"),
    };

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapGroup(Routes.V1).MapPost("data/{verb}", PostAsync).ReadsOptions();

    private static Task<IResult> PostAsync(HttpContext http, string verb, Changes changes) =>
        Posts.TryGetValue($"data/{verb}", out var words)
            ? changes.RunAsync(http, words)
            : Task.FromResult(Answers.Refuse(
                new(Code.Invalid, $"there is no {http.Request.Method} {http.Request.Path}", $"possible: {string.Join(", ", Posts.Keys)}"), StatusCodes.Status404NotFound));
}
