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
    private static readonly Dictionary<string, Words> Posts = new(StringComparer.Ordinal)
    {
        ["instance/current"] = new((node, _) => new StartNode(node)),
        ["instance/master"] = new((node, _) => new StartPrimary(node)),
        ["instance/slave"] = new((node, options) => new StartStandby(node, RejoinOf(options)), "rejoin"),
        ["instance/all"] = new((node, _) => new StartAll(node)),
        ["instance/all/masterSlave"] = new((node, _) => new StartAll(node)),
        ["instance/failover/restart"] = new((node, options) => new Failover(node, FailoverForm.Restart, options["to"]), "to"),
        ["instance/failover/promote"] = new((node, options) => new Failover(node, FailoverForm.Promote, options["to"]), "to"),
        ["instance/switchover/masterSlave"] = new((node, options) => new Switchover(node, StopOrder.PrimaryFirst, options["to"])
        {
            By = options["by"] == "promote" ? SwitchoverForm.Promote : SwitchoverForm.Restart,
            AcceptUnlogged = options["unlogged"] == "accept",
        }, "to", "by", "unlogged"),
        ["instance/switchover/slaveMaster"] = new((node, options) => new Switchover(node, StopOrder.StandbysFirst, options["to"]), "to"),
        ["node/promote"] = new((node, _) => new Failover(node, FailoverForm.Promote)),
    };

    private static readonly Dictionary<string, Words> Deletes = new(StringComparer.Ordinal)
    {
        ["instance/current"] = new((node, _) => new StopNode(node)),
        ["instance/master"] = new((node, _) => new StopPrimary(node)),
        ["instance/slave"] = new((node, _) => new StopStandbys(node)),
        ["instance/all"] = new((node, _) => new StopAll(node, StopOrder.StandbysFirst)),
        ["instance/slaveMaster"] = new((node, _) => new StopAll(node, StopOrder.StandbysFirst)),
        ["instance/masterSlave"] = new((node, _) => new StopAll(node, StopOrder.PrimaryFirst)),
    };

    internal static void Map(IEndpointRouteBuilder routes)
    {
        var v1 = routes.MapGroup(Routes.V1);
        v1.MapGet("instance/{scope}", GetStatesAsync);
        v1.MapPost("instance/{scope}", (HttpContext http, string scope, Changes changes) => PostAsync(http, $"instance/{scope}", changes)).ReadsOptions();
        v1.MapPost("instance/{scope}/{sequence}", (HttpContext http, string scope, string sequence, Changes changes) =>
            PostAsync(http, $"instance/{scope}/{sequence}", changes)).ReadsOptions();
        v1.MapDelete("instance/{scope}", (HttpContext http, string scope, Changes changes) => DeleteAsync(http, $"instance/{scope}", changes)).ReadsOptions();
        v1.MapPost("node/{scope}", (HttpContext http, string scope, Changes changes) => PostAsync(http, $"node/{scope}", changes)).ReadsOptions();
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
            : Answers.Refuse(new(Code.WrongState, $"{seen.Node} cannot say: it is {StateWords.Of(seen.State)}", $"start it first (POST instance/current on {seen.Node})"));
    }

    private static Task<IResult> PostAsync(HttpContext http, string words, Changes changes) => ChangeAsync(http, words, Posts, changes);

    private static Task<IResult> DeleteAsync(HttpContext http, string words, Changes changes) => ChangeAsync(http, words, Deletes, changes);

    private static Task<IResult> ChangeAsync(HttpContext http, string words, Dictionary<string, Words> table, Changes changes) =>
        table.TryGetValue(words, out var meaning)
            ? changes.RunAsync(http, meaning)
            : Task.FromResult(UnknownScope(http, string.Join(", ", table.Keys)));

    private static RejoinForm? RejoinOf(ChangeOptions options) =>
        options["rejoin"] is { } word ? word == "rewind" ? RejoinForm.Rewind : RejoinForm.Reclone : null;

    private static IResult UnknownScope(HttpContext http, string possible) => Answers.Refuse(
        new(Code.Invalid, $"there is no {http.Request.Method} {http.Request.Path}", $"possible: {possible}"), StatusCodes.Status404NotFound);
}
