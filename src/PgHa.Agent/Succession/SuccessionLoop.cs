using System.Globalization;
using Microsoft.Extensions.Logging;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Upkeep;
using PgHa.Client.Facts;

namespace PgHa.Agent.Succession;

/// <summary>Automatic failover on this node: look, judge, act, again and again.</summary>
internal sealed partial class SuccessionLoop(
    AgentOptions options, SuccessionSights sights, SuccessionActing acting, SuccessionPast past, Tenure tenure, ISurroundings surroundings, FailoverState state, TimeProvider time,
    ILogger<SuccessionLoop> log)
    : UpkeepLoop(TimeSpan.FromMilliseconds(250), time, log)
{
    private static readonly TimeSpan SlowGuard = TimeSpan.FromSeconds(1), PrepareAgain = TimeSpan.FromSeconds(15);
    private readonly TimeProvider _time = time;
    private readonly ILogger _log = log;
    private string _said = "";
    private (string By, string? Why) _stays = ("", null);
    private bool _stoodDown;
    private long? _prepared;
    private long _written;

    /// <summary>What was judged last, and from what; null: nothing yet.</summary>
    internal (SuccessionFacts Facts, SuccessionVerdict Verdict)? Last { get; private set; }

    /// <summary>Why the last verdict was not carried out; null: it was.</summary>
    internal string? Trouble { get; private set; }

    /// <inheritdoc />
    protected override string Work => "automatic failover";

    /// <inheritdoc />
    protected override async Task LookAsync(CancellationToken cancel)
    {
        past.Look();
        tenure.Promise.ForgetLapsed();
        var facts = await sights.GatherAsync(cancel);
        if (facts is { Held: true, Own.Sql.InRecovery: false })
            past.Turn();
        if (facts is { Held: true, Own.Sql: { InRecovery: false, Timeline: { } serves } })
            tenure.Serves(serves);
        var verdict = SuccessionRules.Judge(facts);
        past.Note(verdict);
        Last = (facts, verdict);
        state.Facts = new()
        {
            Epoch = surroundings.Epoch,
            Timeline = surroundings.Timeline,
            RecordProblem = facts.Record == RecordState.Unusable ? facts.Why : null,
            Priority = options.Failover.Priority,
            NotEligible = facts.NotEligible,
            Acknowledged = facts.Acknowledged,
            MayWriteFor = tenure.Left,
            Made = tenure.Made,
            Served = tenure.Served,
            PromisedTo = facts.PromisedTo,
            PromisedFor = facts.PromisedTo is null ? null : Math.Round(facts.PromisedFor.TotalSeconds, 1),
            Doing = verdict.Reason,
        };
        Say(verdict);
        SayStay(facts);
        await StandDownAsync(facts, cancel);
        var failed = await acting.ActAsync(verdict, facts, cancel);
        Trouble = failed ?? (verdict.Action is SuccessionAction.Follow or SuccessionAction.StartInRecovery ? Trouble : null);
        Tell(failed is null ? "" : $"{verdict.Reason}: {failed}");
        await WriteDownAsync(facts, cancel);
    }

    private void Say(SuccessionVerdict verdict)
    {
        var what = $"{verdict.Row} {verdict.Action}";
        if (what != _said)
            LogVerdict(_log, verdict.Action == SuccessionAction.None ? LogLevel.Information : LogLevel.Warning, verdict.Row, verdict.Reason);
        _said = what;
    }

    /// <summary>Once for each change: by whose promise this node serves without etcd, who has not promised, and that etcd is back.</summary>
    private void SayStay(SuccessionFacts facts)
    {
        var now = (string.Join(", ", facts.StaysBy), facts.NoConsent);
        if (now == _stays)
            return;
        if (facts.NoConsent is { } why)
            LogNoConsent(_log, options.Node, facts.MayWriteFor.TotalSeconds, why);
        else if (facts.StaysBy.Count > 0)
            LogStays(_log, options.Node, now.Item1);
        else if (facts.Held)
            LogRenews(_log, options.Node);
        _stays = now;
    }

    /// <summary>A guard that an earlier run of the agent left on duty would end the standby at its deadline.</summary>
    private async Task StandDownAsync(SuccessionFacts facts, CancellationToken cancel)
    {
        if (facts.Record == RecordState.ByHand)
            await tenure.StandDownAsync(cancel); // its guard may not have heard that the record was ended
        else if (facts.Held || facts.Own.MayBeWritable || facts.Record is RecordState.Own or RecordState.Outage)
            _stoodDown = false;
        else if ((_stoodDown = _stoodDown || await tenure.StandDownAsync(cancel)) && facts is { Own.InRecovery: true, NotEligible: null })
            await PrepareAsync(cancel);
    }

    /// <summary>In each round, because it may have become eligible since, and a guard may end. One that does not come up holds up the others' work for seconds: not again for a while.</summary>
    private async Task PrepareAsync(CancellationToken cancel)
    {
        var begun = _time.GetTimestamp();
        if (_prepared is { } slow && _time.GetElapsedTime(slow) < PrepareAgain)
            return;
        await tenure.PrepareAsync(cancel);
        _prepared = _time.GetElapsedTime(begun) > SlowGuard ? begun : null;
    }

    /// <summary>Why the record changed hands is written once the node serves: then it is known how long it took.</summary>
    private async Task WriteDownAsync(SuccessionFacts facts, CancellationToken cancel)
    {
        if (!facts.Held || facts.Own.Sql is not { InRecovery: false } sql || tenure.Epoch is not { } epoch || epoch == _written)
            return;
        var entry = new HistoryEntry
        {
            Epoch = epoch,
            From = tenure.Before,
            To = options.Node,
            Cause = past.Taken?.Cause ?? "a call: see the operations of that time (GET v2/operations)",
            Facts = [.. facts.View.Nodes.Select(n => $"{n.Node} {n.State.Words()}")],
            At = _time.GetUtcNow(),
            Took = past.Taken is var (_, decided) ? Math.Round(_time.GetElapsedTime(decided).TotalSeconds, 3) : null,
            Timeline = sql.Timeline?.Value,
            Lsn = sql.Flush?.ToString(),
        };
        if (!await surroundings.WriteAsync(entry, cancel))
            return;
        (_written, past.Taken) = (epoch, null);
        LogServes(_log, options.Node, string.Create(CultureInfo.InvariantCulture, $"epoch {epoch}, timeline {entry.Timeline}"), entry.Cause);
    }

    [LoggerMessage(Message = "rule {Row}: {Reason}")]
    private static partial void LogVerdict(ILogger log, LogLevel level, int row, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "etcd does not answer: {Node} serves by the promise of {By} that they do not become writable")]
    private static partial void LogStays(ILogger log, string node, string by);

    [LoggerMessage(Level = LogLevel.Error, Message = "etcd does not answer, and not all other nodes promise not to become writable: the server of {Node} is killed in {Seconds:F1} s, if that stays so: {Why}")]
    private static partial void LogNoConsent(ILogger log, string node, double seconds, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Node} renews the record in etcd again")]
    private static partial void LogRenews(ILogger log, string node);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Node} serves ({How}): {Cause}")]
    private static partial void LogServes(ILogger log, string node, string how, string cause);
}
