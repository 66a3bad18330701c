using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using PgHa.Agent.Postgres;
using PgHa.Client;

namespace PgHa.Agent.Api.V1;

/// <summary>The specification's <c>walFile</c> resource.</summary>
internal static class WalFileEndpoints
{
    internal static void Map(IEndpointRouteBuilder routes) => routes.MapGroup(Routes.V1).MapGet("walFile/{name}", Get);

    /// <summary>The file as it is, with ranges; sent by the kernel.</summary>
    private static IResult Get(string name, LocalNode node) =>
        node.WalFile(name) is { } path
            ? Results.File(path, "application/octet-stream", enableRangeProcessing: true)
            : Answers.Refuse(node.NoSuchFile(name));
}
