using Microsoft.AspNetCore.Http;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Operations;
using PgHa.Agent.Plans;
using PgHa.Client;
using PgHa.Client.Operations;

namespace PgHa.Agent.Api.V1;

/// <summary>A call that changes something, from its options to the map of states: begins the operation and waits for its effect.</summary>
internal sealed class Changes(AgentOptions options, OperationRunner runner, TimeProvider time)
{
    private readonly string[] _nodes = [.. options.Nodes.Select(n => n.Name)];

    internal async Task<IResult> RunAsync(HttpContext http, Words words)
    {
        var asked = ChangeOptions.Read(http.Request.Query, words.Options.ToDictionary(o => o, ValuesOf));
        if (!asked.IsOk)
            return Answers.Refuse(asked.Refusal);
        var change = words.Request(options.Node, asked.Value) with { Force = asked.Value.Force };
        if (asked.Value.DryRun)
            return await DryRunAsync(change, http.RequestAborted);
        var begun = await runner.BeginAsync(change, new Conduct { Stepwise = asked.Value.Stepwise }, http.RequestAborted);
        if (!begun.IsOk)
            return Answers.Refuse(begun.Refusal);
        http.Response.Headers.Location = LocationOf(begun.Value);
        return asked.Value.Stepwise
            ? Results.Json(begun.Value.Report, WireJson.Default.OperationReport, statusCode: StatusCodes.Status202Accepted)
            : await AwaitAsync(http, begun.Value, asked.Value.Timeout);
    }

    private IReadOnlyCollection<string> ValuesOf(string option) => option switch
    {
        "rejoin" => ["rewind", "reclone"],
        "by" => ["restart", "promote"],
        "unlogged" => ["accept"],
        _ => _nodes,
    };

    private static string LocationOf(Operation operation) => $"{Routes.V2}/operations/{operation.Report.Id}";

    private async Task<IResult> DryRunAsync(ChangeRequest change, CancellationToken cancel)
    {
        var plan = await runner.DryRunAsync(change, cancel);
        return plan.IsOk ? Results.Json(plan.Value, WireJson.Default.OperationReport) : Answers.Refuse(plan.Refusal);
    }

    private async Task<IResult> AwaitAsync(HttpContext http, Operation operation, TimeSpan within)
    {
        ClusterView view;
        try
        {
            view = await operation.Ended.WaitAsync(within, time, http.RequestAborted);
        }
        catch (TimeoutException)
        {
            return Answers.Refuse(new(Code.StepFailed, $"not finished after {within.TotalSeconds} s: {operation.Report.Goal}; it goes on",
                $"see GET {LocationOf(operation)}"), StatusCodes.Status504GatewayTimeout);
        }
        var report = operation.Report;
        if (report.Failure is { } failure && report.Recovery is not { State: RecoveryState.Completed })
            return Answers.Refuse(report.Recovery is { } recovery ? failure with { Message = $"{failure.Message}; {recovery.Message}" } : failure);
        if (report.Overrides.Count > 0)
            http.Response.Headers["X-Pgha-Forced"] = HeaderText.Of(report.Overrides);
        if (report.NotCarried.Count > 0)
            http.Response.Headers["X-Pgha-Slots"] = HeaderText.Of(report.NotCarried);
        return new StateWords(view.Nodes);
    }
}
