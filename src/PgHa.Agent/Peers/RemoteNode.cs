using PgHa.Agent.Cluster;
using PgHa.Client.Calls;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;

namespace PgHa.Agent.Peers;

/// <summary>Another node, through its agent.</summary>
internal sealed class RemoteNode(AgentClient agent) : INode, IWalSource, ISlotSource, IActingNode
{
    public string Name => agent.Name;

    public IWalSource Wal => this;

    public ISlotSource Slots => this;

    public async Task<NodeObservation> ObserveAsync(bool fresh, CancellationToken cancel)
    {
        var answer = await agent.ObserveAsync(fresh, cancel);
        return answer.IsOk ? Named(answer.Value) : NodeObservation.Unreachable(Name, answer.Refusal.Message);
    }

    private NodeObservation Named(NodeObservation seen) => seen with { Node = Name, AnswersAs = seen.Node == Name ? null : seen.Node };

    public async Task<NodeStatus> StatusAsync(CancellationToken cancel)
    {
        var answer = await agent.StatusAsync(cancel);
        return answer.IsOk ? answer.Value with { Seen = Named(answer.Value.Seen) } : new() { Seen = NodeObservation.Unreachable(Name, answer.Refusal.Message) };
    }

    public Task<Answer<NextStart>> NextStartAsync(CancellationToken cancel) => agent.NextStartAsync(cancel);

    public Task<Answer<SettingsReport>> SettingsAsync(string settings, CancellationToken cancel) => agent.SettingsAsync(settings, cancel);

    public Task<Answer<WalPosition>> PositionAsync(CancellationToken cancel) => agent.PositionAsync(cancel);

    public Task<Answer<LastRecord>> LastRecordAsync(CancellationToken cancel) => agent.LastRecordAsync(cancel);

    public Task<Answer<WalDigest>> DigestAsync(Lsn from, Lsn to, CancellationToken cancel) => agent.DigestAsync(from, to, cancel);

    public Task<Answer<WalTail>> TailAsync(Lsn at, CancellationToken cancel) => agent.TailAsync(at, cancel);

    public Task<Answer<long>> CopyAsync(Lsn from, Lsn to, Stream destination, CancellationToken cancel) => agent.CopyAsync(from, to, destination, cancel);

    public Task<Answer<long>> CopyFileAsync(string name, Stream destination, CancellationToken cancel) => agent.CopyFileAsync(name, destination, cancel);

    public Task<Answer<SlotsReport>> ReportAsync(CancellationToken cancel) => agent.SlotsAsync(cancel);

    public Task<Answer<byte[]>> FileAsync(string name, CancellationToken cancel) => agent.SlotFileAsync(name, cancel);

    public Task<Answer<DecodingFile[]>> DecodingFilesAsync(Lsn from, CancellationToken cancel) => agent.DecodingFilesAsync(from, cancel);

    public Task<Answer<bool>> LogRunningTransactionsAsync(CancellationToken cancel) => agent.LogRunningTransactionsAsync(cancel);

    public async Task<StepResult> RunAsync(Step step, StepOrder order, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(step);
        var answer = await agent.StepAsync(step.Path, step.Bound, order.Operation, order.Number, cancel);
        return answer.IsOk ? answer.Value : StepResult.Failed(answer.Refusal);
    }

    public Task<Answer<LockAnswer>> LockAsync(OperationLock wanted, CancellationToken cancel) => agent.LockAsync(wanted, cancel);

    public Task<Answer<StayRequest>> PromiseAsync(StayRequest wanted, CancellationToken cancel) => agent.PromiseAsync(wanted, cancel);

    /// <summary>The lock of a node that is away is not waited for: it carries our boot id, and the next operation there frees it.</summary>
    public Task UnlockAsync(string operation, CancellationToken cancel) => agent.UnlockAsync(operation, cancel);
}
