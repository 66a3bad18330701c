using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Steps;

/// <summary>What each step is, in order: what lies in its way is taken away, the node looks, <see cref="StepRules"/> are asked, the hands act.</summary>
internal sealed class StepRun(IHands hands, StepSights sights, IWriteRight right, Starting starting, Demoting demoting, HandingOver handover, Completing completing, Rejoining rejoining)
{
    /// <summary>Carries the step out. What was taken out of its way is named in the answer.</summary>
    internal async Task<StepResult> RunAsync(Step step, string operation, CancellationToken cancel)
    {
        var cleared = await hands.ClearWayAsync(step, cancel);
        var result = await ActAsync(step, operation, cancel);
        return cleared.Words.Count == 0 ? result : result with
        {
            Evidence = string.Join("; ", cleared.Words.Append(result.Evidence)),
            NotCarried = cleared.NotCarried.Count == 0 ? result.NotCarried : [.. cleared.NotCarried, .. result.NotCarried ?? []],
        };
    }

    private Task<StepResult> ActAsync(Step step, string operation, CancellationToken cancel) => step switch
    {
        StopServer s => StopAsync(s.UntilShutDown, cancel),
        StartInRecovery s => starting.InRecoveryAsync(s, cancel),
        StartAsStandby s => starting.AsStandbyAsync(s, cancel),
        StartAsPrimary s => starting.AsPrimaryAsync(s, operation, cancel),
        PromoteServer s => starting.PromoteAsync(s, operation, cancel),
        Follow s => FollowAsync(s, cancel),
        FollowOrReclone s => rejoining.FollowOrRecloneAsync(s, cancel),
        CompleteWal or BringWal or ReplayWal => completing.RunAsync(step, cancel),
        Demote s => demoting.DemoteAsync(s.Forced, cancel),
        Reinstate s => demoting.ReinstateAsync(s.Accepted, cancel),
        SetSync s => hands.SetSyncAsync(s, cancel),
        WriteCheckpoint s => AfterLookAsync(s, _ => hands.Server.CheckpointAsync(cancel), cancel),
        ReloadSettings s => AfterLookAsync(s, _ => hands.Server.ReloadAsync(cancel), cancel),
        SetSettings s => AfterLookAsync(s, _ => hands.Server.SetAsync(s.Asked, cancel), cancel),
        CheckRewind or CheckReclone or SalvageWal or RewindServer or RecloneServer or DiscardOld => rejoining.RunAsync(step, cancel),
        BringLevel s => handover.LevelAsync(s, cancel),
        HandOver s => handover.HandOverAsync(s, operation, cancel),
        TakeOver s => handover.TakeOverAsync(s, operation, cancel),
        PlaceSlots s => completing.PlaceSlotsAsync(s, cancel),
        CopySlots s => hands.Slots.CopyAsync(s.Source, cancel),
        LevelSlots s => hands.Slots.LevelAsync(sights.Of(s.Source).Slots, cancel),
        CheckCreate => CheckCreateAsync(cancel),
        CreateCluster s => AfterLookAsync(s, sight => hands.Data.InitAsync(sight.Seen.Place!, cancel), cancel),
        CheckClone s => AfterLookAsync(s, async sight => Answered(await hands.Data.CheckCloneAsync(sight.View[s.Source], sight.Seen.Place!, cancel)), cancel),
        CloneFrom s => AfterLookAsync(s, async sight => await right.LeaveAsync(cancel) is { } left ? StepResult.Failed(left) : await hands.Data.CloneAsync(sight.View[s.Source], sight.Seen.Place!, cancel), cancel),
        CheckUpstream s => CheckUpstreamAsync(s, cancel),
        CheckStep s => hands.CheckAsync(s, cancel),
        _ => throw new System.Diagnostics.UnreachableException(step.ToString()),
    };

    /// <summary>For steps that need no more than one look at all nodes.</summary>
    private async Task<StepResult> AfterLookAsync(Step step, Func<StepSight, Task<StepResult>> act, CancellationToken cancel)
    {
        var sight = await sights.LookAsync(StepRules.Focus(step), cancel);
        return StepRules.Refuse(step, sight) is { } refusal ? StepResult.Failed(refusal) : await act(sight);
    }

    /// <summary>
    /// Looked at once more afterwards: until the reload it received from another node, which may have written meanwhile. With that it must not
    /// stream on, because on one timeline no server notices.
    /// </summary>
    private async Task<StepResult> FollowAsync(Follow step, CancellationToken cancel)
    {
        var pointed = await AfterLookAsync(step, async _ => await right.MayFollowAsync(step.Upstream, cancel) is { } pledged ? StepResult.Failed(pledged)
            : await hands.Server.PointByReloadAsync(step.Upstream, cancel), cancel);
        if (pointed.Failure is not null || StepRules.Refuse(step, await sights.LookAsync(StepRules.Focus(step), cancel)) is not { } refusal)
            return pointed;
        if (refusal.Code != Code.WalNotProven)
            return StepResult.Failed(refusal);
        var stopped = await hands.Server.StopAsync(untilShutDown: false, onPurpose: false, cancel);
        return StepResult.Failed(refusal with { Message = $"{refusal.Message}; {(stopped.Failure is { } runs ? $"it could not be stopped: {runs.Message}" : "it is stopped")}" });
    }

    /// <summary>From its first moment a stopping primary may refuse writes.</summary>
    private async Task<StepResult> StopAsync(bool untilShutDown, CancellationToken cancel)
    {
        var primary = hands.Look().Control is { OfPrimary: true };
        var stopped = await hands.Server.StopAsync(untilShutDown, onPurpose: !untilShutDown && sights.OnlyStops, cancel);
        if (primary && stopped.Failure is null)
            await right.GiveUpAsync(MakeStandby, CancellationToken.None);
        return primary ? stopped with { LastWriteAt = 0 } : stopped;
    }

    /// <summary>A standby compares its WAL with its primary's while writes go on: what is proven now is not read again while they are interrupted.</summary>
    private async Task<StepResult> CheckUpstreamAsync(CheckUpstream step, CancellationToken cancel)
    {
        var check = await hands.CheckAsync(step, cancel);
        if (check.Failure is null && await sights.ObserveAsync(cancel) is { State: NodeState.Standby } seen && seen.UpstreamNode == step.Upstream)
            await sights.CompareAsync(step.Upstream, cancel);
        return check;
    }

    private void MakeStandby()
    {
        hands.Slots.BeforeRecovery();
        hands.Server.WriteStandbySignal();
    }

    private async Task<StepResult> CheckCreateAsync(CancellationToken cancel) =>
        await hands.Data.RefuseInitAsync(cancel) is { } refusal ? StepResult.Failed(refusal) : StepResult.Done("programs, passwords and address are there");

    internal static StepResult Answered(Answer<string> answer) => answer.IsOk ? StepResult.Done(answer.Value) : StepResult.Failed(answer.Refusal);
}
