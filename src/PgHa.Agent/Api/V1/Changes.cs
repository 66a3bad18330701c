using Microsoft.AspNetCore.Http;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Operations;
using PgHa.Agent.Plans;
using PgHa.Client;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Api.V1;

/// <summary>A call that changes something, from its options to the map of states: begins the operation and waits for its effect.</summary>
internal sealed class Changes(AgentOptions options, OperationRunner runner, RepeatedCalls calls, ClusterObserver cluster)
{
    private readonly string[] _nodes = [.. options.Nodes.Select(n => n.Name)];

    internal async Task<IResult> RunAsync(HttpContext http, RequestCall called)
    {
        var asked = ChangeOptions.Read(http.Request.Query, called.Options.ToDictionary(o => o.Name, IReadOnlyCollection<string> (o) => o.Values ?? _nodes));
        if (!asked.IsOk)
            return Answers.Refuse(asked.Refusal);
        var change = called.Make(options.Node, asked.Value.Own.GetValueOrDefault).Under(new() { Force = asked.Value.Force });
        if (asked.Value.DryRun)
            return await DryRunAsync(change, http.RequestAborted);
        var conduct = new Conduct { Stepwise = asked.Value.Stepwise, Call = RepeatHeaders.CallOf(http, waits: !asked.Value.Stepwise) };
        var begun = await calls.BeginAsync(change, conduct, http.RequestAborted);
        if (!begun.IsOk)
            return Answers.Refuse(begun.Refusal);
        if (begun.Value.OtherRequest is { } other)
            return Answers.Refuse(other, StatusCodes.Status422UnprocessableEntity);
        http.Response.Headers.Location = LocationOf(begun.Value.Report);
        if (begun.Value.Repeated)
            RepeatHeaders.Repeated(http, begun.Value.Report);
        return asked.Value.Stepwise
            ? Results.Json(begun.Value.Report, WireJson.Default.OperationReport, statusCode: StatusCodes.Status202Accepted)
            : await AwaitAsync(http, change, begun.Value, asked.Value.Timeout);
    }

    private static string LocationOf(OperationReport report) => $"{Routes.V2}/operations/{report.Id}";

    private async Task<IResult> DryRunAsync(MandatedRequest change, CancellationToken cancel)
    {
        var plan = await runner.DryRunAsync(change, cancel);
        return plan.IsOk ? Results.Json(plan.Value, WireJson.Default.OperationReport) : Answers.Refuse(plan.Refusal);
    }

    private async Task<IResult> AwaitAsync(HttpContext http, MandatedRequest change, BegunCall call, TimeSpan within)
    {
        OperationReport report;
        try
        {
            report = await calls.EndAsync(call, within, http.RequestAborted);
        }
        catch (TimeoutException)
        {
            return Answers.Refuse(new(Code.StepFailed, $"not finished after {within.TotalSeconds} s: {call.Report.Goal}; it goes on",
                $"see GET {LocationOf(call.Report)}"), StatusCodes.Status504GatewayTimeout);
        }
        if (report.Failure is { } failure && report.Recovery is not { State: RecoveryState.Completed })
            return Answers.Refuse(report.Recovery is { } recovery ? failure with { Message = $"{failure.Message}; {recovery.Message}" } : failure);
        if (report.Overrides.Count > 0)
            http.Response.Headers[Routes.ForcedHeader] = HeaderText.Of(report.Overrides);
        if (report.NotCarried.Count > 0)
            http.Response.Headers[Routes.SlotsHeader] = HeaderText.Of(report.NotCarried);
        var left = report.Left.Count > 0 ? report.Left : (await cluster.ObserveAsync(fresh: true, http.RequestAborted)).Nodes.ToDictionary(n => n.Node, n => n.State);
        if (change.Request is Switchover { To: null } && !call.Repeated && left.FirstOrDefault(n => n.Value == NodeState.Primary).Key is { } primary)
            RepeatHeaders.Suggest(http, primary);
        return new StateWords(_nodes.Where(left.ContainsKey).Select(n => (n, left[n])));
    }
}
