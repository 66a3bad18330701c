using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Client;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Api.V1;

/// <summary>How the nodes are, in the specification's words. Its changes are <see cref="ChangeEndpoints"/>.</summary>
internal static class InstanceEndpoints
{
    internal static void Map(IEndpointRouteBuilder routes)
    {
        var v1 = routes.MapGroup(Routes.V1);
        v1.MapGet("instance/{scope}", GetStatesAsync).Says("The states of nodes, in the specification's words", WireJson.Default.DictionaryStringString);
        v1.MapGet("in_recovery", GetInRecoveryAsync).Says("Whether the called node's server is in recovery", WireJson.Default.RecoveryWord);
    }

    private static async Task<IResult> GetStatesAsync(HttpContext http, string scope, ClusterObserver cluster, AgentOptions options)
    {
        if (scope == "all")
            return new StateWords((await cluster.ObserveAsync(fresh: false, http.RequestAborted)).Nodes);
        var name = scope == "current" ? options.Node : scope;
        return cluster.Nodes.FirstOrDefault(n => n.Name == name) is { } node
            ? new StateWords([await node.ObserveAsync(fresh: false, http.RequestAborted)])
            : ChangeEndpoints.Unknown(http, $"current, all, {string.Join(", ", options.Nodes.Select(n => n.Name))}");
    }

    private static async Task<IResult> GetInRecoveryAsync(HttpContext http, ClusterObserver cluster, AgentOptions options)
    {
        var seen = await cluster[options.Node].ObserveAsync(fresh: false, http.RequestAborted);
        return seen.Sql is { } sql
            ? WrittenJson.Of(new RecoveryWord(sql.InRecovery ? "t" : "f"), WireJson.Default.RecoveryWord)
            : Answers.Refuse(new(Code.WrongState, $"{seen.Node} cannot say: it is {StateWords.Of(seen.State)}", $"start it first (POST instance/current on {seen.Node})"));
    }
}
