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

/// <summary>A switchover that is to be carried out later: one at a time, in automatic mode only, because the agent of the primary carries it out.</summary>
internal static class ScheduleEndpoints
{
    private const string Path = Routes.V2 + "/cluster/scheduled";

    internal static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet(Path, (Delegate)GetAsync).Says("The switchover that is to be carried out later, and what became of the last one", WireJson.Default.ScheduleReport);
        routes.MapDelete(Path, (Delegate)CancelAsync).Says("Cancel the switchover that is to be carried out later").GivesNothing();
    }

    /// <summary><c>POST cluster/switchover</c> with <c>at</c>.</summary>
    internal static async Task<IResult> AddAsync(HttpContext http, string verb, ClusterChange asked)
    {
        var services = http.RequestServices;
        if (verb != "switchover" || asked.Force || asked.DryRun || asked.Stepwise)
            return Answers.Refuse(new(Code.Invalid, verb != "switchover" ? $"a {verb} cannot be scheduled" : "a switchover that is scheduled takes neither force, dry_run nor stepwise",
                "leave at out, or POST v2/cluster/switchover with at, target, order, by, unlogged and reason only"));
        if (services.GetService<EtcdSchedule>() is not { } schedule)
            return Answers.Refuse(Manual);
        var at = ScheduleRules.ReadTime(asked.At!, services.GetRequiredService<TimeProvider>().GetUtcNow());
        if (!at.IsOk)
            return Answers.Refuse(at.Refusal);
        var wanted = new ScheduledSwitchover { Id = services.GetRequiredService<UniqueName>()(), At = at.Value, Change = asked with { At = null } };
        var stands = await schedule.AddAsync(wanted, http.RequestAborted);
        if (!stands.IsOk)
            return Answers.Refuse(FailoverEndpoints.Unanswered(stands.Outage));
        if (stands.Value.Report.Scheduled is not { } scheduled || (scheduled.Id != wanted.Id && (scheduled.At, scheduled.Change) != (wanted.At, wanted.Change)))
            return Answers.Refuse(Another(stands.Value.Report.Scheduled));
        http.Response.Headers.Location = Path;
        return Results.Json(scheduled, WireJson.Default.ScheduledSwitchover, statusCode: StatusCodes.Status202Accepted);
    }

    private static async Task<IResult> GetAsync(HttpContext http)
    {
        if (http.RequestServices.GetService<EtcdSchedule>() is not { } schedule)
            return Answers.Refuse(Manual);
        var seen = await schedule.ReadAsync(http.RequestAborted);
        return seen.IsOk ? Results.Json(seen.Value.Report, WireJson.Default.ScheduleReport) : Answers.Refuse(FailoverEndpoints.Unanswered(seen.Outage));
    }

    private static async Task<IResult> CancelAsync(HttpContext http, AgentOptions options)
    {
        if (http.RequestServices.GetService<EtcdSchedule>() is not { } schedule)
            return Answers.Refuse(Manual);
        var seen = await schedule.ReadAsync(http.RequestAborted);
        if (seen is { IsOk: true, Value.Report.Scheduled: { } scheduled })
        {
            var outcome = new ScheduleOutcome(scheduled, ScheduleFate.Cancelled, options.Node, http.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow(), "it was cancelled by a call");
            var ended = await schedule.EndAsync(seen.Value, outcome, http.RequestAborted);
            if (!ended.IsOk)
                return Answers.Refuse(FailoverEndpoints.Unanswered(ended.Outage));
            if (ended.Value.Report.Last == outcome)
                return Results.NoContent();
            return Answers.Refuse(new(Code.WrongState, $"it could not be cancelled: {ended.Value.Report.Last?.Said ?? "another one has taken its place"}", "look at it: GET v2/cluster/scheduled"));
        }
        return Answers.Refuse(seen.IsOk ? new(Code.NotFound, "no switchover is scheduled", "GET v2/cluster/scheduled says what became of the last one") : FailoverEndpoints.Unanswered(seen.Outage));
    }

    private static Refusal Another(ScheduledSwitchover? stands) => stands is null
        ? new(Code.WrongState, "what was scheduled has been taken away in this moment", "look at what became of it: GET v2/cluster/scheduled")
        : new(Code.WrongState, $"a switchover is scheduled already, for {ScheduleRules.Words(stands.At)}", "DELETE v2/cluster/scheduled cancels it");

    private static Refusal Manual => new(Code.WrongState, "failover.mode is manual: no agent carries a switchover out later",
        "leave at out and call it at that time (cron, systemd-run --on-calendar), or set failover.mode: automatic (docs/failover.md)");
}
