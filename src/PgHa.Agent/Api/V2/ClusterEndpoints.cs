using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Operations;
using PgHa.Agent.Plans;
using PgHa.Client;
using PgHa.Client.Operations;

namespace PgHa.Agent.Api.V2;

/// <summary>Changes of the cluster in native words. They are answered at once with the operation, which is a resource to look at.</summary>
internal static class ClusterEndpoints
{
    private static readonly Dictionary<string, Func<string, ClusterChange, ChangeRequest?>> Verbs = new(StringComparer.Ordinal)
    {
        ["start"] = (here, c) => c.Target is { } node ? new StartNode(node) : new StartAll(here),
        ["stop"] = (here, c) => c.Target is { } node ? new StopNode(node) : OrderOf(c, StopOrder.StandbysFirst) is { } order ? new StopAll(here, order) : null,
        ["switchover"] = SwitchoverOf,
        ["failover"] = (here, c) => c.By is null or "promote" ? new Failover(here, FailoverForm.Promote, c.Target)
            : c.By == "restart" ? new Failover(here, FailoverForm.Restart, c.Target) : null,
        ["rejoin"] = (here, c) => c.By switch
        {
            null => new StartStandby(c.Target ?? here),
            "rewind" => new StartStandby(c.Target ?? here, RejoinForm.Rewind),
            "reclone" => new StartStandby(c.Target ?? here, RejoinForm.Reclone),
            _ => null,
        },
    };

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapPost(Routes.V2 + "/cluster/{verb}", PostAsync).TakesBody();

    private static async Task<IResult> PostAsync(HttpContext http, string verb, AgentOptions options, OperationRunner runner)
    {
        if (!Verbs.TryGetValue(verb, out var meaning))
            return Answers.Refuse(new(Code.Invalid, $"there is no {http.Request.Path}", $"possible: {string.Join(", ", Verbs.Keys.Select(v => "cluster/" + v))}"), StatusCodes.Status404NotFound);
        var asked = await ReadAsync(http, options);
        if (!asked.IsOk)
            return Answers.Refuse(asked.Refusal);
        if (meaning(options.Node, asked.Value) is not { } meant)
            return Answers.Refuse(new(Code.Invalid, $"{verb} does not know order={asked.Value.Order}, by={asked.Value.By}, unlogged={asked.Value.Unlogged}",
                "order: primary_first, standbys_first; by: promote, restart (switchover, failover), rewind, reclone (rejoin); unlogged: accept"));
        return await BeginAsync(http, meant with { Force = asked.Value.Force }, asked.Value, runner);
    }

    private static async Task<IResult> BeginAsync(HttpContext http, ChangeRequest change, ClusterChange asked, OperationRunner runner)
    {
        if (asked.DryRun)
        {
            var plan = await runner.DryRunAsync(change, http.RequestAborted);
            return plan.IsOk ? Results.Json(plan.Value, WireJson.Default.OperationReport) : Answers.Refuse(plan.Refusal);
        }
        var begun = await runner.BeginAsync(change, new Conduct { Stepwise = asked.Stepwise, Reason = asked.Reason }, http.RequestAborted);
        if (!begun.IsOk)
            return Answers.Refuse(begun.Refusal);
        http.Response.Headers.Location = $"{Routes.V2}/operations/{begun.Value.Report.Id}";
        return Results.Json(begun.Value.Report, WireJson.Default.OperationReport, statusCode: StatusCodes.Status202Accepted);
    }

    /// <summary>Strict: a field that is misspelt must not be ignored in a role change.</summary>
    private static async Task<Answer<ClusterChange>> ReadAsync(HttpContext http, AgentOptions options)
    {
        var read = await JsonBody.ReadAsync(http.Request, StrictJson.Default.ClusterChange, new(), "fields: target, order, by, unlogged, dry_run, stepwise, force, reason");
        return read.IsOk && read.Value.Target is { } target && options.Nodes.All(n => n.Name != target)
            ? new Refusal(Code.Invalid, $"there is no node {target}", $"nodes: {string.Join(", ", options.Nodes.Select(n => n.Name))}")
            : read;
    }

    private static Switchover? SwitchoverOf(string here, ClusterChange c) =>
        OrderOf(c, StopOrder.PrimaryFirst) is { } order && c.By is (null or "promote" or "restart") && c.Unlogged is (null or "accept")
            ? new Switchover(here, order, c.Target)
            {
                By = c.By == "restart" ? SwitchoverForm.Restart : SwitchoverForm.Promote,
                AcceptUnlogged = c.Unlogged == "accept",
            }
            : null;

    private static StopOrder? OrderOf(ClusterChange c, StopOrder usual) => c.Order switch
    {
        null => usual,
        "primary_first" => StopOrder.PrimaryFirst,
        "standbys_first" => StopOrder.StandbysFirst,
        _ => null,
    };
}
