using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;
using PgHa.Client.Operations;

namespace PgHa.Agent.Steps;

/// <summary>The steps that give this stopped node what it misses, and let it replay that.</summary>
internal sealed class Completing(string node, IHands hands, StepSights sights, Starting starting)
{
    internal async Task<StepResult> RunAsync(Step step, CancellationToken cancel)
    {
        if (await starting.EndLeftoverAsync(cancel) is { Failure: not null } lingering)
            return lingering;
        var sight = await sights.LookAsync(null, cancel);
        if (StepRules.Placing(step, sight) is { } runs)
            return StepResult.Failed(runs);
        sight = await sights.WithWalAsync(sight, StepRules.Focus(step), cancel);
        if (StepRules.Refuse(step, sight) is { } refusal)
            return StepResult.Failed(refusal);
        return step switch
        {
            CompleteWal s => await hands.Wal.CompleteAsync(sight.Wal.Of(node), sight.Wal.PositionOf(node)!, sight.Wal.PositionOf(s.Source)!, sights.Of(s.Source).Wal, cancel),
            BringWal s => await BringAsync(s.Upstream, sight, cancel),
            ReplayWal => await ReplayAsync(cancel),
            _ => throw new System.Diagnostics.UnreachableException(step.ToString()),
        };
    }

    internal async Task<StepResult> PlaceSlotsAsync(PlaceSlots step, CancellationToken cancel)
    {
        if (await starting.EndLeftoverAsync(cancel) is { Failure: not null } lingering)
            return lingering;
        return StepRules.Refuse(step, await sights.LookAsync(null, cancel)) is { } refusal
            ? StepResult.Failed(refusal)
            : await hands.Slots.PlaceAsync(sights.Of(step.Source).Slots, cancel);
    }

    private async Task<StepResult> ReplayAsync(CancellationToken cancel)
    {
        hands.Slots.BeforeRecovery();
        return await hands.Wal.ReplayAsync(cancel);
    }

    /// <summary>From the first source that has all of it and proves that this node is behind; else from the archive.</summary>
    private async Task<StepResult> BringAsync(string upstream, StepSight sight, CancellationToken cancel)
    {
        if (BringRules.For(node, upstream, sight.Wal) is not { } bring)
            return StepResult.Done("streaming can bring all");
        Refusal? last = null;
        foreach (var source in bring.Sources)
        {
            var proof = bring.Recycled ? (await sights.WithWalAsync(sight, source, cancel)).Wal : sight.Wal;
            last = StandbyPlan.RefuseJoin(node, proof) ?? await hands.Wal.BringAsync(bring, proof.PositionOf(node)!, proof.PositionOf(source)!, sights.Of(source).Wal, cancel);
            if (last is null)
                return StepResult.Done($"brought {bring.Segments.Count} segments from {source}, from the one at {bring.Segments[0]} on; {proof.Of(node).Evidence.Words}");
        }
        if (bring.FromArchive)
            return StepRun.Answered(await hands.Wal.BringFromArchiveAsync(upstream, bring, sight.Wal, cancel));
        return StepResult.Failed(last ?? BringRules.Refuse(node, upstream, bring, sight.Wal)!);
    }
}
