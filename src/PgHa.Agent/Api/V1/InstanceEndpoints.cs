using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Plans;
using PgHa.Client;
using PgHa.Client.Operations;

namespace PgHa.Agent.Api.V1;

/// <summary>The specification's <c>instance</c> and <c>node</c> resources: which words mean which request.</summary>
internal static class InstanceEndpoints
{
    private delegate ChangeRequest Request(string called, string? to);

    private static readonly Dictionary<string, Request> Posts = new(StringComparer.Ordinal)
    {
        ["instance/current"] = (node, _) => new StartNode(node),
        ["instance/master"] = (node, _) => new StartPrimary(node),
        ["instance/slave"] = (node, _) => new StartStandby(node),
        ["instance/all"] = (node, _) => new StartAll(node),
        ["instance/all/masterSlave"] = (node, _) => new StartAll(node),
        ["instance/failover/restart"] = (node, to) => new Failover(node, FailoverForm.Restart, to),
        ["instance/failover/promote"] = (node, to) => new Failover(node, FailoverForm.Promote, to),
        ["instance/switchover/masterSlave"] = (node, to) => new Switchover(node, StopOrder.PrimaryFirst, to),
        ["instance/switchover/slaveMaster"] = (node, to) => new Switchover(node, StopOrder.StandbysFirst, to),
        ["node/promote"] = (node, _) => new Failover(node, FailoverForm.Promote),
    };

    private static readonly Dictionary<string, Request> Deletes = new(StringComparer.Ordinal)
    {
        ["instance/current"] = (node, _) => new StopNode(node),
        ["instance/master"] = (node, _) => new StopPrimary(node),
        ["instance/slave"] = (node, _) => new StopStandbys(node),
        ["instance/all"] = (node, _) => new StopAll(node, StopOrder.StandbysFirst),
        ["instance/slaveMaster"] = (node, _) => new StopAll(node, StopOrder.StandbysFirst),
        ["instance/masterSlave"] = (node, _) => new StopAll(node, StopOrder.PrimaryFirst),
    };

    internal static void Map(IEndpointRouteBuilder routes)
    {
        var v1 = routes.MapGroup(Routes.V1);
        v1.MapGet("instance/{scope}", GetStatesAsync);
        v1.MapPost("instance/{scope}", (HttpContext http, string scope, Changes changes) => PostAsync(http, $"instance/{scope}", changes));
        v1.MapPost("instance/{scope}/{sequence}", (HttpContext http, string scope, string sequence, Changes changes) =>
            PostAsync(http, $"instance/{scope}/{sequence}", changes));
        v1.MapDelete("instance/{scope}", (HttpContext http, string scope, Changes changes) => DeleteAsync(http, $"instance/{scope}", changes));
        v1.MapPost("node/{scope}", (HttpContext http, string scope, Changes changes) => PostAsync(http, $"node/{scope}", changes));
        v1.MapGet("in_recovery", GetInRecoveryAsync);
    }

    private static async Task<IResult> GetStatesAsync(HttpContext http, string scope, ClusterObserver cluster, AgentOptions options)
    {
        if (scope == "all")
            return new StateWords((await cluster.ObserveAsync(fresh: false, http.RequestAborted)).Nodes);
        var name = scope == "current" ? options.Node : scope;
        return cluster.Nodes.FirstOrDefault(n => n.Name == name) is { } node
            ? new StateWords([await node.ObserveAsync(fresh: false, http.RequestAborted)])
            : UnknownScope(http, $"current, all, {string.Join(", ", options.Nodes.Select(n => n.Name))}");
    }

    private static async Task<IResult> GetInRecoveryAsync(HttpContext http, ClusterObserver cluster, AgentOptions options)
    {
        var seen = await cluster[options.Node].ObserveAsync(fresh: false, http.RequestAborted);
        return seen.Sql is { } sql
            ? Results.Text(sql.InRecovery ? "{\"in_recovery\":\"t\"}" : "{\"in_recovery\":\"f\"}", "application/json")
            : Answers.Refuse(new(Code.WrongState, $"{seen.Node} cannot say: it is {StateWords.Of(seen.State)}", "start it first (POST instance/current)"));
    }

    private static Task<IResult> PostAsync(HttpContext http, string words, Changes changes) => ChangeAsync(http, words, Posts, changes);

    private static Task<IResult> DeleteAsync(HttpContext http, string words, Changes changes) => ChangeAsync(http, words, Deletes, changes);

    private static Task<IResult> ChangeAsync(HttpContext http, string words, Dictionary<string, Request> table, Changes changes) =>
        table.TryGetValue(words, out var request)
            ? changes.RunAsync(http, (called, to) => request(called, to), words.Contains("over/", StringComparison.Ordinal) ? "to" : null)
            : Task.FromResult(UnknownScope(http, string.Join(", ", table.Keys)));

    private static IResult UnknownScope(HttpContext http, string possible) => Answers.Refuse(
        new(Code.Invalid, $"there is no {http.Request.Method} {http.Request.Path}", $"possible: {possible}"), StatusCodes.Status404NotFound);
}
