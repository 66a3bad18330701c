using System.Globalization;
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
        v2.MapGet("cluster", GetClusterAsync).Says("What the called agent sees of each node: all facts", WireJson.Default.NodeObservationArray);
        v2.MapGet("operations", GetAll).Says("The operations that the called agent has carried out, the newest first", WireJson.Default.OperationReportArray);
        v2.MapGet("operations/{id}", GetAsync).Says("An operation: its plan, the evidence, each step's time", WireJson.Default.OperationReport);
        v2.MapPost("operations/{id}/resume", Resume).TakesOptions("[steps=NUMBER]", "[all=true]").Says("Let a stepwise operation go on").Gives(StatusCodes.Status202Accepted, WireJson.Default.OperationReport);
        v2.MapPost("operations/{id}/abandon", AbandonAsync).Says("End an operation that waits, or free the locks of one whose agent is gone for good", WireJson.Default.OperationReport)
            .Gives(StatusCodes.Status200OK, WireJson.Default.LockAnswer);
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

    /// <summary>Lets a stepwise operation go on by one step, by <c>?steps=N</c>, or to its end with <c>?all=true</c>.</summary>
    private static IResult Resume(HttpContext http, string id, OperationRunner runner, OperationStore store)
    {
        if (Steps(http.Request.Query) is not { } steps)
            return Answers.Refuse(new(Code.Invalid, $"invalid option in {http.Request.QueryString}", "options: steps=N, all=true"));
        if (store.Find(id) is null)
            return Answers.Refuse(Unknown(id));
        if (runner.Find(id)?.Gate is not { } gate)
            return Answers.Refuse(new(Code.WrongState, $"operation {id} does not wait to be resumed", $"GET {Routes.V2}/operations/{id} says where it stands"));
        if (!gate.Resume(steps, RepeatHeaders.KeyOf(http.Request)))
            RepeatHeaders.Resumed(http);
        return Results.Json(store.Find(id), WireJson.Default.OperationReport, statusCode: StatusCodes.Status202Accepted);
    }

    private static long? Steps(IQueryCollection query) => (query.Count, query["steps"].ToString(), query["all"].ToString()) switch
    {
        (0, _, _) => 1,
        (1, var steps, "") when int.TryParse(steps, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n > 0 => n,
        (1, "", "true") => long.MaxValue,
        _ => null,
    };

    /// <summary>
    /// Ends a stepwise operation before its next step, or one that only waits for its outcome, and answers when it has ended. Otherwise frees
    /// the locks of an operation whose agent is gone for good; any other that runs here is not touched.
    /// </summary>
    private static async Task<IResult> AbandonAsync(
        HttpContext http, string id, OperationRunner runner, OperationStore store, ClusterLock locks, ClusterObserver cluster, NodeLock own)
    {
        if (runner.Find(id) is { OnlyWaits: false, Gate: { } gate, Report.State: OperationState.Running or OperationState.Waiting } stepwise)
        {
            gate.Abandon();
            await Task.WhenAny(stepwise.Ended).WaitAsync(http.RequestAborted);
            return Results.Json(stepwise.Report, WireJson.Default.OperationReport);
        }
        if (runner.Find(id) is { OnlyWaits: true } waiting)
        {
            waiting.Abandon();
            await Task.WhenAny(waiting.Ended).WaitAsync(http.RequestAborted);
            return Results.Json(waiting.Report, WireJson.Default.OperationReport);
        }
        if (runner.Find(id) is not null)
            return Answers.Refuse(new(Code.Busy, $"operation {id} is running on this node", "a step is under way: wait for it; abandon it once it only waits for its outcome"));
        if (store.Find(id) is null && own.Holder?.Operation != id)
            return Answers.Refuse(Unknown(id));
        if (own.Holder is { } holder && holder.Operation == id && await locks.MayBeLiveAsync(holder, http.RequestAborted)
            && cluster.Nodes.FirstOrDefault(n => n.Name == holder.Owner) is { } owner && (await owner.ObserveAsync(fresh: false, http.RequestAborted)).Reachable)
            return Answers.Refuse(new(Code.Busy, $"operation {id} is running on {holder.Owner}", $"wait for it, or abandon it on {holder.Owner} once it only waits for its outcome"));
        await locks.ReleaseAsync(id, http.RequestAborted);
        return Results.Json(new LockAnswer(own.Holder is null, own.Holder), WireJson.Default.LockAnswer);
    }

    private static Refusal Unknown(string id) =>
        new(Code.NotFound, $"this agent knows no operation {id}", $"GET {Routes.V2}/operations lists them; each agent knows those it was called for");
}
