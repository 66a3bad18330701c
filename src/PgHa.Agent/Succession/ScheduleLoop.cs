using Microsoft.Extensions.Logging;
using PgHa.Agent.Configuration;
using PgHa.Agent.Etcd;
using PgHa.Agent.Operations;
using PgHa.Agent.Plans;
using PgHa.Agent.Upkeep;
using PgHa.Client.Operations;

namespace PgHa.Agent.Succession;

/// <summary>
/// Carries out what is scheduled, while this node holds the record: it takes it away first, so that it is never carried out twice. It begins only when it has read back that it was
/// this agent that took it away.
/// </summary>
internal sealed partial class ScheduleLoop(
    AgentOptions options, EtcdSchedule schedule, Tenure tenure, SuccessionLoop rules, Lazy<OperationRunner> runner, TimeProvider time, ILogger<ScheduleLoop> log)
    : UpkeepLoop(TimeSpan.FromSeconds(1), time, log)
{
    private const int ServesRow = 9;
    private static readonly TimeSpan BusyAgain = TimeSpan.FromMilliseconds(500);
    private readonly TimeProvider _time = time;
    private readonly ILogger _log = log;
    private ScheduleOutcome? _claim;
    private string? _hindered;

    /// <inheritdoc />
    protected override string Work => "the scheduled switchover";

    /// <inheritdoc />
    protected override async Task LookAsync(CancellationToken cancel)
    {
        if (!tenure.IsHeld && _claim is null)
            return;
        var seen = await schedule.ReadAsync(cancel);
        if (seen is { IsOk: true, Value.Report.Scheduled: { } wanted })
            seen = await JudgeAsync(seen.Value, wanted, cancel);
        if (!seen.IsOk)
            Tell(seen.Outage.Reason);
        else if (_claim is { } claim && seen.Value.Report.Scheduled?.Id != claim.Switchover.Id)
            await ClaimedAsync(claim, seen.Value.Report.Last, cancel);
    }

    private async Task<EtcdAnswer<ScheduleSight>> JudgeAsync(ScheduleSight seen, ScheduledSwitchover wanted, CancellationToken cancel)
    {
        var now = _time.GetUtcNow();
        var verdict = ScheduleRules.Judge(wanted, now, now >= wanted.At + ScheduleRules.Lateness ? _hindered : _hindered = Hindered());
        if (verdict.Fate is not { } fate || !tenure.IsHeld)
            return seen;
        _claim = new(wanted, fate, options.Node, now, verdict.Reason);
        return await schedule.EndAsync(seen, _claim, cancel);
    }

    private string? Hindered() => rules.Last is not { Facts: var facts, Verdict: var verdict } ? "the agent has just been started"
        : verdict.Row == ServesRow && facts.Own.Writable ? null : verdict.Reason;

    private async Task ClaimedAsync(ScheduleOutcome claim, ScheduleOutcome? last, CancellationToken cancel)
    {
        _claim = null;
        if (last != claim)
            return; // it was cancelled, or another agent has taken it up
        if (claim.Fate == ScheduleFate.TakenUp && ScheduleRules.Judge(claim.Switchover, _time.GetUtcNow(), "etcd did not answer") is { Fate: ScheduleFate.Missed } late)
            await schedule.NoteAsync(claim = claim with { Fate = ScheduleFate.Missed, Said = late.Reason }, cancel);
        if (claim.Fate == ScheduleFate.Missed)
            LogMissed(_log, claim.Said);
        else
            await BeginAsync(claim, cancel);
    }

    private async Task BeginAsync(ScheduleOutcome claim, CancellationToken cancel)
    {
        if (ChangeFields.Read("switchover", claim.Switchover.Change, options.Node) is not { } request)
        {
            await EndAsync(claim with { Fate = ScheduleFate.Refused, Said = "what was scheduled is not understood" }, cancel);
            return;
        }
        var reason = $"scheduled for {ScheduleRules.Words(claim.Switchover.At)}{(claim.Switchover.Change.Reason is { } why ? $": {why}" : "")}";
        var begun = await runner.Value.BeginUnaskedAsync(request, reason, cancel);
        while (begun is { IsOk: false, Refusal.Code: Code.Busy } && _time.GetUtcNow() < claim.Switchover.At + ScheduleRules.Lateness)
        {
            await Task.Delay(BusyAgain, _time, cancel);
            begun = await runner.Value.BeginUnaskedAsync(request, reason, cancel);
        }
        await EndAsync(begun.IsOk ? claim with { Fate = ScheduleFate.Begun, Said = $"{claim.Said}: {request.Words}", Operation = begun.Value.Report.Id }
            : claim with { Fate = ScheduleFate.Refused, Said = $"{claim.Said}, and was refused: {begun.Refusal.Message} ({begun.Refusal.Hint})" }, cancel);
    }

    private async Task EndAsync(ScheduleOutcome outcome, CancellationToken cancel)
    {
        if (outcome.Fate == ScheduleFate.Refused)
            LogRefused(_log, outcome.Said);
        if (!await schedule.NoteAsync(outcome, cancel))
            LogNotNoted(_log, outcome.Said);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "the scheduled switchover is not carried out: {Why}")]
    private static partial void LogMissed(ILogger log, string why);

    [LoggerMessage(Level = LogLevel.Error, Message = "the scheduled switchover: {Why}")]
    private static partial void LogRefused(ILogger log, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the scheduled switchover ({What}): etcd could not be told what became of it")]
    private static partial void LogNotNoted(ILogger log, string what);
}
