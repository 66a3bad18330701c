using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Etcd;
using PgHa.Agent.Operations;
using PgHa.Agent.Succession;
using PgHa.Client;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Api.V2;

/// <summary>The cluster, and the called node, as people look at them (<c>pgha status</c>).</summary>
internal static class StatusEndpoints
{
    /// <summary>The schedule is a line of what is shown: etcd is not waited for.</summary>
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(300);

    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(Routes.V2 + "/node/status", (Delegate)GetNodeAsync).Says("The called node as a person looks at it", WireJson.Default.NodeStatus);
        routes.MapGet(Routes.V2 + "/cluster/status", (Delegate)GetClusterAsync).Says("The cluster as a person looks at it: what pgha status shows", WireJson.Default.ClusterStatus);
    }

    private static async Task<IResult> GetNodeAsync(HttpContext http, ClusterObserver cluster, OperationStore store, AgentOptions options) =>
        Results.Json(With(await cluster[options.Node].StatusAsync(http.RequestAborted), store), WireJson.Default.NodeStatus);

    private static async Task<IResult> GetClusterAsync(HttpContext http, ClusterObserver cluster, OperationStore store, AgentOptions options)
    {
        var scheduled = ScheduledAsync(http);
        var nodes = await Task.WhenAll(cluster.Nodes.Select(n => n.StatusAsync(http.RequestAborted)));
        var explained = http.RequestServices.GetService<Explanation>()?.Now();
        return Results.Json(new ClusterStatus
        {
            Cluster = options.Cluster,
            Asked = options.Node,
            Nodes = [.. nodes.Select(n => n.Seen.Node == options.Node ? With(n, store) : n)],
            Explain = explained is { IsOk: true, Value: { } report } ? report with { Scheduled = await scheduled } : null,
            ExplainProblem = explained is { IsOk: false } refused ? refused.Refusal!.Message : null,
        }, WireJson.Default.ClusterStatus);
    }

    /// <summary>Also the newest one, if it was interrupted and nothing more will be done about it: a person has to know.</summary>
    private static NodeStatus With(NodeStatus status, OperationStore store) => status with
    {
        Operations = [.. store.All.Where((o, i) => RepeatRules.IsOpen(o) || (i == 0 && o.Recovery is { State: RecoveryState.Reported })).Select(OperationBrief.Of)],
    };

    private static async Task<ScheduledSwitchover?> ScheduledAsync(HttpContext http)
    {
        if (http.RequestServices.GetService<EtcdSchedule>() is not { } schedule)
            return null;
        using var late = new CancellationTokenSource(Moment, http.RequestServices.GetRequiredService<TimeProvider>());
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(late.Token, http.RequestAborted);
        try
        {
            var read = await schedule.ReadAsync(bound.Token);
            return read.IsOk ? read.Value.Report.Scheduled : null;
        }
        catch (OperationCanceledException) when (!http.RequestAborted.IsCancellationRequested)
        {
            return null;
        }
    }
}
