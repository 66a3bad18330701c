using Microsoft.AspNetCore.Http;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Operations;
using PgHa.Agent.Plans;
using PgHa.Agent.Postgres;
using PgHa.Client;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Api.V1;

/// <summary>
/// <c>POST slots/file</c>: brings the called node's logical slots level with the primary's, now instead of at the next regular time, and
/// answers how they stood before, how the primary's stand, and how they stand after. A dry run answers how they stand.
/// </summary>
internal sealed class SlotLevel(AgentOptions options, ClusterObserver cluster, CopyRefresh refresh, OperationRunner runner, TimeProvider time)
{
    private static readonly Dictionary<string, IReadOnlyCollection<string>> Own = new() { ["restart"] = ["true", "false"] };

    internal async Task<IResult> RunAsync(HttpContext http)
    {
        var asked = ChangeOptions.Read(http.Request.Query, Own);
        if (!asked.IsOk)
            return Answers.Refuse(asked.Refusal);
        var restart = asked.Value["restart"] == "true";
        if (asked.Value.Stepwise && !restart)
            return Answers.Refuse(new(Code.Invalid, "stepwise=true without restart=true: levelling slots is one step", "leave stepwise out"));
        using var bound = new CancellationTokenSource(asked.Value.Timeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(bound.Token, http.RequestAborted);
        try
        {
            return await RunAsync(http, asked.Value, restart, both.Token);
        }
        catch (OperationCanceledException) when (bound.IsCancellationRequested && !http.RequestAborted.IsCancellationRequested)
        {
            return Answers.Refuse(new(Code.StepFailed, $"not finished after {asked.Value.Timeout.TotalSeconds} s: bring the logical slots of {options.Node} level; what was done stays, a restart that had begun goes on",
                "repeat the call, with a longer timeout= where there is much to do"), StatusCodes.Status504GatewayTimeout);
        }
    }

    private async Task<IResult> RunAsync(HttpContext http, ChangeOptions asked, bool restart, CancellationToken cancel)
    {
        var view = await cluster.ObserveAsync(fresh: true, cancel);
        if (AgreementRules.Refuse(view) is { } disagreement)
            return Answers.Refuse(disagreement);
        if (view.Primary is not { } primary)
            return Answers.Refuse(StandbyPlan.NoPrimary(view, options.Node));
        var before = await cluster[options.Node].Slots.ReportAsync(cancel);
        if (before.Refusal is { } unread)
            return Answers.Refuse(unread);
        if (asked.DryRun)
            return await DryRunAsync(before.Value!, primary.Node, restart, cancel);
        var levelled = await refresh.RunAsync(view[options.Node], primary.Node, cancel);
        if (!levelled.IsOk || !restart || !NeedsStop(levelled.Value))
            return levelled.IsOk ? Answer(before.Value!, levelled.Value) : Answers.Refuse(levelled.Refusal);
        var begun = await runner.BeginAsync(new RestartForSlots(options.Node), new Conduct { Stepwise = asked.Stepwise }, cancel);
        if (!begun.IsOk)
            return Answers.Refuse(begun.Refusal);
        http.Response.Headers.Location = $"{Routes.V2}/operations/{begun.Value.Report.Id}";
        return asked.Stepwise ? Results.Json(begun.Value.Report, WireJson.Default.OperationReport, statusCode: StatusCodes.Status202Accepted)
            : await AfterRestartAsync(begun.Value, before.Value!, primary.Node, cancel);
    }

    /// <summary>As they stand, or the plan of the restart that would be needed.</summary>
    private async Task<IResult> DryRunAsync(SlotsReport before, string primary, bool restart, CancellationToken cancel)
    {
        var theirs = await cluster[primary].Slots.ReportAsync(cancel);
        if (theirs.Refusal is { } unread)
            return Answers.Refuse(unread);
        if (!restart || !NeedsStop((before, theirs.Value!)))
            return Answer(before, (before, theirs.Value!));
        var plan = await runner.DryRunAsync(new RestartForSlots(options.Node), cancel);
        return plan.IsOk ? Results.Json(plan.Value, WireJson.Default.OperationReport) : Answers.Refuse(plan.Refusal);
    }

    /// <summary>Before 16 a new slot takes its place while the standby is down: one restart, an operation as any other.</summary>
    private static bool NeedsStop((SlotsReport Own, SlotsReport Theirs) slots) => SlotRules.OnStandby(slots.Own, slots.Theirs).Any(v => v.NeedsStop);

    private async Task<IResult> AfterRestartAsync(Operation operation, SlotsReport before, string primary, CancellationToken cancel)
    {
        var view = await operation.Ended.WaitAsync(cancel);
        if (operation.Report.Failure is { } failure)
            return Answers.Refuse(failure);
        var levelled = await refresh.RunAsync(view[options.Node], primary, cancel);
        return levelled.IsOk ? Answer(before, levelled.Value) : Answers.Refuse(levelled.Refusal);
    }

    private static WrittenJson Answer(SlotsReport before, (SlotsReport Own, SlotsReport Theirs) levelled) => WrittenJson.Of(
        new SlotLevels(Carried(before), Carried(levelled.Theirs), Carried(levelled.Own),
            CopyRefresh.Verdicts(levelled.Own, levelled.Theirs).Where(v => v.NotCarried is not null).ToDictionary(v => v.Name, v => v.NotCarried!)),
        WireJson.Default.SlotLevels);

    private static SlotPositions Carried(SlotsReport report) => SlotPositions.Of(report with { Slots = [.. report.Slots.Where(SlotRules.IsCarried)] });
}
