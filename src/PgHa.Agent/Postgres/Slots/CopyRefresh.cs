using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Postgres;

/// <summary>Brings this node's copies of slots level with the primary's, whether it runs or not; never on a primary.</summary>
internal sealed class CopyRefresh(
    AgentOptions options, AgentBoot boot, NodeLock nodeLock, LiveOperations live, ClusterObserver cluster, SlotReading reading, CopyLevelling levelling, CopyPlacing placing)
{
    /// <summary>Both nodes' slots afterwards.</summary>
    /// <param name="seen">This node.</param>
    /// <param name="primary">The primary.</param>
    /// <param name="cancel">Ends the wait.</param>
    internal async Task<Answer<(SlotsReport Own, SlotsReport Theirs)>> RunAsync(NodeObservation seen, string primary, CancellationToken cancel)
    {
        if (seen.Node == primary)
            return await BothAsync(primary, cancel);
        if (seen.InRecovery)
            return await levelling.KeepAsync(cluster[primary].Slots, cancel);
        if (seen is { State: NodeState.Stopped, StandbySignal: true, Control.OfPrimary: false, DataProblem: null })
            return await PlaceAsync(primary, cancel);
        return new Refusal(Code.WrongState, $"{seen.Node} is no standby: {seen.Problem ?? seen.DataProblem ?? seen.State.ToString()}", "only a standby holds copies of slots");
    }

    /// <summary>What is still to be done, or cannot be.</summary>
    internal static IReadOnlyList<SlotVerdict> Verdicts(SlotsReport own, SlotsReport theirs) =>
        own.Node == theirs.Node ? [] : own.Running ? SlotRules.OnStandby(own, theirs) : SlotRules.WhileDown(own, theirs, asPrimary: false);

    /// <summary>An operation that runs on this node keeps the files out, and the other way round.</summary>
    private async Task<Answer<(SlotsReport Own, SlotsReport Theirs)>> PlaceAsync(string primary, CancellationToken cancel)
    {
        var own = new OperationLock("slots-" + Guid.NewGuid().ToString("N"), options.Node, boot.Id, $"place slots on {options.Node}", options.Identity);
        live.Begin(own.Operation);
        try
        {
            if (nodeLock.Take(own) is { Granted: false, Holder: { } holder })
                return new Refusal(Code.Busy, $"operation {holder.Operation} is running on {options.Node}", "wait for it");
            if (await cluster[options.Node].ObserveAsync(fresh: true, cancel) is not { State: NodeState.Stopped, StandbySignal: true })
                return new Refusal(Code.WrongState, $"{options.Node} was started meanwhile", "repeat the call");
            await placing.RunAsync(cluster[primary].Slots, asPrimary: false, cancel);
            return await BothAsync(primary, cancel);
        }
        finally
        {
            nodeLock.Release(own.Operation);
            live.End(own.Operation);
        }
    }

    private async Task<Answer<(SlotsReport Own, SlotsReport Theirs)>> BothAsync(string primary, CancellationToken cancel)
    {
        var own = await reading.ReadAsync(cancel);
        var theirs = primary == options.Node ? own : await cluster[primary].Slots.ReportAsync(cancel);
        return (own.Refusal ?? theirs.Refusal) is { } failed ? failed : (own.Value!, theirs.Value!);
    }
}
