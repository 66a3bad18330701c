using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Operations;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Succession;

/// <summary>
/// Before the machine goes down: the primary's place is handed over by a switchover, so that nobody waits until the record has run out. Where that is not possible the server is shut
/// down and the record given up. From then on this node takes no part, for some minutes.
/// </summary>
internal sealed partial class MachineHandover(
    AgentOptions options, Tenure tenure, SuccessionPast past, SuccessionLoop loop, ClusterObserver cluster, Lazy<OperationRunner> runner, NodeLock nodeLock, IHostApplicationLifetime lifetime,
    TimeProvider time, ILogger<MachineHandover> log)
{
    private static readonly TimeSpan LeastForStop = TimeSpan.FromSeconds(5), BusyAgain = TimeSpan.FromMilliseconds(200);
    private readonly OneAtATime _turn = new();

    private string Node => options.Node;

    /// <summary>Hands it over.</summary>
    /// <param name="within">The bound. A third of it is kept for a stop, where the switchover comes to nothing.</param>
    internal async Task<HandoverReport> RunAsync(TimeSpan within)
    {
        using var late = new CancellationTokenSource(within, time);
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(late.Token, lifetime.ApplicationStopping);
        try
        {
            using var alone = await _turn.EnterAsync(bound.Token);
            var report = await HandOverAsync(within, bound.Token);
            LogHandedOver(report.Said);
            return report;
        }
        catch (OperationCanceledException) when (bound.IsCancellationRequested)
        {
            return new(Node, HandoverOutcome.NotInTime, $"not done within {within.TotalSeconds:0} s: the record runs out");
        }
    }

    private async Task<HandoverReport> HandOverAsync(TimeSpan within, CancellationToken cancel)
    {
        if (loop.Last is { Facts: var facts } && (facts.Paused || facts.PausedNodes.Contains(Node)))
            return new(Node, HandoverOutcome.Nothing, "automatic failover is paused: its place is left as it is");
        past.Leave();
        if (!tenure.IsHeld)
            return new(Node, HandoverOutcome.Nothing, $"{Node} does not hold the record: there is nothing to hand over");
        var why = await SwitchOverAsync(within, cancel);
        if (why is null)
            return new(Node, HandoverOutcome.HandedOver, $"{Node} has handed its place over");
        if (nodeLock.Holder is { } holder)
            return new(Node, HandoverOutcome.NotInTime, $"{why}; {holder.Goal} ({holder.Operation}) is still under way");
        return await StopAsync(why, cancel);
    }

    /// <summary>Null: done. Else why not.</summary>
    private async Task<string?> SwitchOverAsync(TimeSpan within, CancellationToken cancel)
    {
        var begun = time.GetTimestamp();
        var patience = within - Longer(within / 3, LeastForStop);
        while (true)
        {
            if (HandoverTarget.Of(Node, await cluster.ObserveAsync(fresh: true, cancel)) is not { } target)
                return "no standby could take its place";
            var request = new Switchover(Node, StopOrder.PrimaryFirst, target) { By = SwitchoverForm.Promote };
            var operation = await runner.Value.BeginUnaskedAsync(request, $"the machine of {Node} is going down", cancel, byRules: true);
            if (operation.IsOk)
                return await EndAsync(operation.Value, patience - time.GetElapsedTime(begun), cancel);
            if (operation.Refusal.Code != Code.Busy || time.GetElapsedTime(begun) > patience)
                return operation.Refusal.Message;
            await Task.Delay(BusyAgain, time, cancel);
        }
    }

    private async Task<string?> EndAsync(Operation operation, TimeSpan patience, CancellationToken cancel)
    {
        try
        {
            await Task.WhenAny(operation.Ended).WaitAsync(Longer(patience, TimeSpan.Zero), time, cancel); // however it ended: its report says
        }
        catch (TimeoutException)
        {
            return "the switchover takes too long";
        }
        return operation.Report.State == OperationState.Done ? null : operation.Report.Failure?.Message ?? $"{operation.Report.Goal} did not reach its goal";
    }

    /// <summary>A clean stop: its standbys get all WAL before it ends. The step gives the record up.</summary>
    private async Task<HandoverReport> StopAsync(string why, CancellationToken cancel)
    {
        LogStops(Node, why);
        var operation = await runner.Value.BeginUnaskedAsync(new StopNode(Node, WithMachine: true), $"the machine of {Node} is going down", cancel, byRules: true);
        if (!operation.IsOk)
            return new(Node, HandoverOutcome.NotInTime, $"{why}; and its server cannot be stopped: {operation.Refusal.Message}");
        await Task.WhenAny(operation.Value.Ended).WaitAsync(cancel);
        if (operation.Value.Report.State != OperationState.Done)
            return new(Node, HandoverOutcome.NotInTime, $"{why}; and its server was not stopped: {operation.Value.Report.Failure?.Message}");
        await tenure.SettledAsync(cancel);
        past.Resign(why);
        return new(Node, HandoverOutcome.GaveUp, $"{why}: the server of {Node} was shut down and the record given up");
    }

    private static TimeSpan Longer(TimeSpan a, TimeSpan b) => a > b ? a : b;

    [LoggerMessage(Level = LogLevel.Warning, Message = "the machine is going down: {What}")]
    private partial void LogHandedOver(string what);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the machine is going down, and no switchover is possible ({Why}): the server of {Node} is shut down, and the record given up")]
    private partial void LogStops(string node, string why);
}

/// <summary>Who is to take the place. Pure.</summary>
internal static class HandoverTarget
{
    /// <summary>The streaming standby that the rules would promote: the most WAL, then priority, then name; null: there is none.</summary>
    internal static string? Of(string node, ClusterView view) => view.Except(node)
        .Where(n => n is { State: NodeState.Standby, Failover.NotEligible: null } && n.Sql?.Held is not { ForGood: true })
        .OrderByDescending(n => n.Sql!.Position)
        .ThenByDescending(n => n.Failover!.Priority)
        .ThenBy(n => n.Node, StringComparer.Ordinal)
        .FirstOrDefault()?.Node;
}
