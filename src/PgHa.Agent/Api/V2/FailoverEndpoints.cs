using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Etcd;
using PgHa.Agent.Succession;
using PgHa.Client;
using PgHa.Client.Operations;

namespace PgHa.Agent.Api.V2;

/// <summary>Automatic failover, as a person looks at it: why it did, why it did not, what it would do, and a pause.</summary>
internal static class FailoverEndpoints
{
    internal static void Map(IEndpointRouteBuilder routes)
    {
        var cluster = routes.MapGroup(Routes.V2 + "/cluster");
        cluster.MapGet("explain", (Delegate)ExplainAsync).Says("What the called agent does of itself, why, and what it would do if a node died now", WireJson.Default.ExplainReport);
        cluster.MapGet("history", (Delegate)HistoryAsync).Says("Who was primary when, and why that changed", WireJson.Default.HistoryEntryArray);
        cluster.MapPost("pause", (Delegate)((HttpContext http) => PauseAsync(http, "an operator"))).TakesOptions("[node=NODE]").Says("Pause automatic failover, of the cluster or of one node").GivesNothing();
        cluster.MapPost("resume", (Delegate)((HttpContext http) => PauseAsync(http, null))).TakesOptions("[node=NODE]").Says("Let automatic failover go on").GivesNothing();
        cluster.MapPost("sync/release", (Delegate)ReleaseAsync).TakesOptions("[nodes=NODES]").Says("Do not wait for these nodes any more, which are gone, before commits are acknowledged").GivesNothing();
    }

    private static async Task<IResult> ExplainAsync(HttpContext http, ClusterObserver cluster)
    {
        if (http.RequestServices.GetService<Explanation>() is not { } explanation)
            return Answers.Refuse(Manual);
        var view = await cluster.ObserveAsync(fresh: true, http.RequestAborted);
        var report = await explanation.OfAsync(view, http.RequestAborted);
        var scheduled = await http.RequestServices.GetRequiredService<EtcdSchedule>().ReadAsync(http.RequestAborted);
        return report.IsOk ? Results.Json(report.Value with { Scheduled = scheduled.IsOk ? scheduled.Value.Report.Scheduled : null }, WireJson.Default.ExplainReport) : Answers.Refuse(report.Refusal);
    }

    private static async Task<IResult> HistoryAsync(HttpContext http)
    {
        if (http.RequestServices.GetService<EtcdNotes>() is not { } notes)
            return Answers.Refuse(Manual);
        var history = await notes.HistoryAsync(http.RequestAborted);
        return history.IsOk ? Results.Json(history.Value, WireJson.Default.HistoryEntryArray) : Answers.Refuse(Unanswered(history.Outage));
    }

    private static async Task<IResult> PauseAsync(HttpContext http, string? why)
    {
        if (http.RequestServices.GetService<EtcdNotes>() is not { } notes)
            return Answers.Refuse(Manual);
        var node = http.Request.Query["node"].FirstOrDefault();
        var options = http.RequestServices.GetRequiredService<AgentOptions>();
        if (node is not null && options.Nodes.All(n => n.Name != node))
            return Answers.Refuse(new(Code.Invalid, $"there is no node {node}", $"nodes: {string.Join(", ", options.Nodes.Select(n => n.Name))}"));
        var answer = await notes.SetPauseAsync(node, why, http.RequestAborted);
        return answer.IsOk ? Results.NoContent() : Answers.Refuse(Unanswered(answer.Outage));
    }

    private static async Task<IResult> ReleaseAsync(HttpContext http)
    {
        if (http.RequestServices.GetService<SyncRelease>() is not { } release)
            return Answers.Refuse(Manual);
        var nodes = http.Request.Query["nodes"].ToString().Split(',', StringSplitOptions.RemoveEmptyEntries);
        return await release.ReleaseAsync(nodes, http.RequestAborted) is { } refusal ? Answers.Refuse(refusal) : Results.NoContent();
    }

    internal static Refusal Manual => new(Code.WrongState, "failover.mode is manual: nothing is decided without a person", "set failover.mode: automatic (docs/failover.md), or use the calls of instance/failover");

    internal static Refusal Unanswered(Outage outage) => new(Code.PeerUnreachable, outage.Reason, outage.Hint);
}
