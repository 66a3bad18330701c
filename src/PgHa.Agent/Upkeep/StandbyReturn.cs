using Microsoft.Extensions.Logging;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Plans;
using PgHa.Agent.Postgres;

namespace PgHa.Agent.Upkeep;

/// <summary>
/// After a restart of the machine its standby follows again (<c>start: standby</c>): the agent starts it once, by an ordinary operation, as soon
/// as there is a primary to follow. Never as primary; nor what was stopped through pgha, what ended while the machine ran on, or what somebody else had
/// started.
/// </summary>
internal sealed class StandbyReturn(
    AgentOptions options, KnownServer known, ReturnState state, ClusterObserver cluster, BeginChange begin, TimeProvider time, ILogger<StandbyReturn> log)
    : UpkeepLoop(TimeSpan.FromSeconds(3), time, log)
{
    private const string Reason = "its machine was restarted (start: standby)";
    private readonly long _begun = time.GetTimestamp();
    private readonly TimeProvider _time = time;
    private bool _over = !options.StartsStandby || !known.EndedWithMachine || options.Failover.Mode == FailoverMode.Automatic; // there the rules start it

    /// <inheritdoc />
    protected override string Work => "return of the standby";

    /// <inheritdoc />
    protected override async Task LookAsync(CancellationToken cancel)
    {
        if (_over)
            return;
        var view = await cluster.ObserveAsync(fresh: true, cancel);
        var verdict = ReturnRules.Judge(options.Node, view, known.StoppedOnPurpose, _time.GetElapsedTime(_begun));
        if (verdict is ReturnVerdict.Start)
            verdict = await begin(new StartStandby(options.Node), Reason, cancel) is { } refusal ? ReturnRules.After(refusal) : new ReturnVerdict.Over("it is started as standby");
        var text = verdict is ReturnVerdict.Wait wait ? $"{options.Node} is started as standby as soon as it can follow: {wait.Why}" : $"{options.Node} ended with its machine: {((ReturnVerdict.Over)verdict).Why}";
        _over = verdict is ReturnVerdict.Over;
        state.Text = _over ? null : text;
        Tell(text);
    }
}
