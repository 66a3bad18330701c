using PgHa.Agent.Cluster;
using PgHa.Agent.Tests.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Tests.Operations;

/// <summary>A node that carries steps out as a test wants it.</summary>
internal sealed class FakeNode(string name, Func<Step, Task<StepResult>> run) : INode, IActingNode
{
    private OperationLock? _holder;

    public string Name => name;

    public IWalSource Wal => throw new NotSupportedException();

    public ISlotSource Slots => throw new NotSupportedException();

    public Task<StepResult> RunAsync(Step step, StepOrder order, CancellationToken cancel) => run(step);

    /// <summary>What it is; null: nobody asks.</summary>
    public Func<NodeObservation>? Seen { get; init; }

    public Task<NodeObservation> ObserveAsync(bool fresh, CancellationToken cancel) => Task.FromResult((Seen ?? throw new NotSupportedException())() with { LockedBy = _holder?.Operation });

    public Task<Answer<NextStart>> NextStartAsync(CancellationToken cancel) => Task.FromResult<Answer<NextStart>>(NextStartRulesTests.Node(name));

    public Task<Answer<LockAnswer>> LockAsync(OperationLock wanted, CancellationToken cancel)
    {
        _holder ??= wanted;
        return Task.FromResult<Answer<LockAnswer>>(new LockAnswer(_holder == wanted, _holder));
    }

    public Task UnlockAsync(string operation, CancellationToken cancel)
    {
        _holder = _holder?.Operation == operation ? null : _holder;
        return Task.CompletedTask;
    }
}
