using PgHa.Agent.Cluster;
using PgHa.Agent.Steps;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Simulation;

/// <summary>There are no slots.</summary>
internal sealed partial class SimHands
{
    public Task<StepResult> PlaceAsync(ISlotSource source, CancellationToken cancel) => Task.FromResult(StepResult.Done("no slots"));

    public Task<StepResult> LevelAsync(ISlotSource source, CancellationToken cancel) => Task.FromResult(StepResult.Done("no slots"));

    public Task<StepResult> CopyAsync(string source, CancellationToken cancel) => Task.FromResult(StepResult.Done("no slots"));

    public Task<string> EnsureAsync(CancellationToken cancel) => Task.FromResult("");

    public void BeforeRecovery()
    {
    }

    public Task<string> BeforeStandbyAsync(ISlotSource upstream, CancellationToken cancel) => Task.FromResult("");

    public IReadOnlyList<string> BeforePrimary() => [];

    public Task<IReadOnlyList<string>> BeforePromotionAsync(CancellationToken cancel) => Task.FromResult<IReadOnlyList<string>>([]);

    public Task<SlotsLevelled?> LevelLastAsync(ISlotSource source, Answer<SlotsReport> theirs, CancellationToken cancel) => Task.FromResult<SlotsLevelled?>(null);

    public void BecamePrimary()
    {
    }
}
