using Microsoft.AspNetCore.Http;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Operations;
using PgHa.Agent.Plans;
using PgHa.Agent.Postgres;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Api.V1;

/// <summary>
/// <c>POST slots/file</c>: brings the called node's logical slots level with the primary's, now instead of at the next regular time, and
/// answers how they stood before, how the primary's stand, and how they stand after.
/// </summary>
internal sealed class SlotLevel(AgentOptions options, ClusterObserver cluster, SlotKeeping keeping, OperationRunner runner)
{
    internal async Task<IResult> RunAsync(HttpContext http)
    {
        if (http.Request.Query.Any(o => o.Key != "restart" || !bool.TryParse(o.Value, out _)))
            return Answers.Refuse(new(Code.Invalid, $"invalid option in {http.Request.QueryString}", "options: restart=true|false"));
        var view = await cluster.ObserveAsync(fresh: true, http.RequestAborted);
        if (AgreementRules.Refuse(view) is { } disagreement)
            return Answers.Refuse(disagreement);
        if (view.Primary is not { } primary)
            return Answers.Refuse(((Refused)StandbyPlan.NoPrimary(view, options.Node)).Why);
        var before = await cluster[options.Node].SlotsAsync(http.RequestAborted);
        var levelled = await keeping.RunAsync(view[options.Node], primary.Node, http.RequestAborted);
        if (levelled.IsOk && bool.TryParse(http.Request.Query["restart"], out var restart) && restart && SlotRules.OnStandby(levelled.Value.Own, levelled.Value.Theirs).Any(v => v.NeedsStop))
            levelled = await RestartAsync(primary.Node, http);
        return before.Refusal is { } unread ? Answers.Refuse(unread) : levelled.IsOk ? Answer(before.Value!, levelled.Value) : Answers.Refuse(levelled.Refusal);
    }

    /// <summary>Before 16 a new slot takes its place while the standby is down: one restart, an operation as any other.</summary>
    private async Task<Answer<(SlotsReport Own, SlotsReport Theirs)>> RestartAsync(string primary, HttpContext http)
    {
        var begun = await runner.BeginAsync(new RestartForSlots(options.Node), Conduct.Usual, http.RequestAborted);
        if (!begun.IsOk)
            return begun.Refusal;
        var view = await begun.Value.Ended.WaitAsync(http.RequestAborted);
        return begun.Value.Report.Failure is { } failure ? failure : await keeping.RunAsync(view[options.Node], primary, http.RequestAborted);
    }

    private static IResult Answer(SlotsReport before, (SlotsReport Own, SlotsReport Theirs) levelled) => SlotEndpoints.Body(json =>
    {
        var (own, theirs) = levelled;
        foreach (var (name, report) in new[] { ("before", before), ("remote", theirs), ("after", own) })
        {
            json.WritePropertyName(name);
            SlotEndpoints.WritePositions(json, report with { Slots = [.. report.Slots.Where(SlotRules.IsCarried)] });
        }
        json.WriteStartObject("notCarried");
        foreach (var verdict in SlotKeeping.Verdicts(own, theirs).Where(v => v.NotCarried is not null))
            json.WriteString(verdict.Name, verdict.NotCarried);
        json.WriteEndObject();
    });
}
