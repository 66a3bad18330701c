using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using PgHa.Agent.Cluster;
using PgHa.Agent.Operations;
using PgHa.Client;
using PgHa.Client.Operations;

namespace PgHa.Agent.Api.V2;

/// <summary>The cluster's view, and the operations this agent has carried out.</summary>
internal static class OperationEndpoints
{
    internal static void Map(IEndpointRouteBuilder routes)
    {
        var v2 = routes.MapGroup(Routes.V2);
        v2.MapGet("cluster", GetClusterAsync);
        v2.MapGet("operations", GetAll);
        v2.MapGet("operations/{id}", GetAsync);
        v2.MapPost("operations/{id}/abandon", AbandonAsync);
    }

    private static async Task<IResult> GetClusterAsync(HttpContext http, ClusterObserver cluster) =>
        Results.Json([.. (await cluster.ObserveAsync(fresh: false, http.RequestAborted)).Nodes], WireJson.Default.NodeObservationArray);

    private static IResult GetAll(OperationStore store) => Results.Json([.. store.All], WireJson.Default.OperationReportArray);

    private static async Task<IResult> GetAsync(HttpContext http, string id, OperationStore store, ClusterObserver cluster) =>
        store.Find(id) is { } report
            ? Results.Json(await WithProgressAsync(report, cluster, http.RequestAborted), WireJson.Default.OperationReport)
            : Answers.Refuse(Unknown(id));

    /// <summary>A step that is under way shows for evidence how far its node says it is.</summary>
    private static async Task<OperationReport> WithProgressAsync(OperationReport report, ClusterObserver cluster, CancellationToken cancel)
    {
        var steps = await Task.WhenAll(report.Steps.Select(async step => report.State == OperationState.Running && step.State == StepState.Running
            ? step with { Evidence = (await cluster[step.Node].ObserveAsync(fresh: false, cancel)).Progress }
            : step));
        return report with { Steps = steps };
    }

    /// <summary>Frees the locks of an operation whose agent is gone for good; one that runs here is not touched.</summary>
    private static async Task<IResult> AbandonAsync(HttpContext http, string id, OperationStore store, ClusterLock locks, ClusterObserver cluster, NodeLock own)
    {
        if (store.Find(id) is { State: OperationState.Running })
            return Answers.Refuse(new(Code.Busy, $"operation {id} is running on this node", "wait for it"));
        if (store.Find(id) is null && own.Holder?.Operation != id)
            return Answers.Refuse(Unknown(id));
        if (own.Holder is { } holder && holder.Operation == id && await locks.MayBeLiveAsync(holder, http.RequestAborted)
            && (await cluster[holder.Owner].ObserveAsync(fresh: false, http.RequestAborted)).Reachable)
            return Answers.Refuse(new(Code.Busy, $"operation {id} is running on {holder.Owner}", "wait for it"));
        await locks.ReleaseAsync(id, http.RequestAborted);
        return Results.Json(new LockAnswer(own.Holder is null, own.Holder), WireJson.Default.LockAnswer);
    }

    private static Refusal Unknown(string id) =>
        new(Code.NotFound, $"this agent knows no operation {id}", $"GET {Routes.V2}/operations lists them; each agent knows those it was called for");
}
