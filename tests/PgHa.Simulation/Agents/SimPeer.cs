using PgHa.Agent.Cluster;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;

namespace PgHa.Simulation;

/// <summary>Another node, through its agent and the simulated network. The bounds are those of the real one.</summary>
internal sealed class SimPeer(SimAgent own, SimMachine other) : INode, IWalSource, ISlotSource, IActingNode
{
    private static readonly TimeSpan Quick = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan OfSlots = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Starting = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Reading = TimeSpan.FromSeconds(60);

    public string Name => other.Name;

    public IWalSource Wal => this;

    public ISlotSource Slots => this;

    public Task<NodeObservation> ObserveAsync(bool fresh, CancellationToken cancel) =>
        own.Machine.Field.Network.CallAsync(own, other, Quick, again: null, (agent, ct) => agent.Node.ObserveAsync(fresh, ct), why => NodeObservation.Unreachable(Name, why.Message), cancel);

    public Task<Answer<NextStart>> NextStartAsync(CancellationToken cancel) => AskAsync(Starting, (agent, ct) => agent.Node.NextStartAsync(ct), cancel);

    public Task<Answer<WalPosition>> PositionAsync(CancellationToken cancel) => AskAsync(Reading, (agent, ct) => agent.Node.PositionAsync(ct), cancel);

    public Task<Answer<LastRecord>> LastRecordAsync(CancellationToken cancel) => AskAsync(Reading, (agent, ct) => agent.Node.LastRecordAsync(ct), cancel);

    public Task<Answer<WalDigest>> DigestAsync(Lsn from, Lsn to, CancellationToken cancel) => AskAsync(Reading, (agent, ct) => agent.Node.DigestAsync(from, to, ct), cancel);

    public Task<Answer<WalTail>> TailAsync(Lsn at, CancellationToken cancel) => AskAsync(Reading, (agent, ct) => agent.Node.TailAsync(at, ct), cancel);

    public async Task<Answer<long>> CopyAsync(Lsn from, Lsn to, Stream destination, CancellationToken cancel)
    {
        var bytes = await AskAsync<byte[]>(Reading, async (agent, ct) =>
        {
            var copy = new MemoryStream();
            var copied = await agent.Node.CopyAsync(from, to, copy, ct);
            return copied.IsOk ? copy.ToArray() : copied.Refusal;
        }, cancel);
        if (!bytes.IsOk)
            return bytes.Refusal;
        await destination.WriteAsync(bytes.Value, cancel);
        return bytes.Value.LongLength;
    }

    public Task<Answer<long>> CopyFileAsync(string name, Stream destination, CancellationToken cancel) => throw new NotSupportedException();

    public Task<Answer<SlotsReport>> ReportAsync(CancellationToken cancel) => AskAsync(OfSlots, (agent, ct) => agent.Node.Slots.ReportAsync(ct), cancel);

    public Task<Answer<byte[]>> FileAsync(string name, CancellationToken cancel) => throw new NotSupportedException();

    public Task<Answer<DecodingFile[]>> DecodingFilesAsync(Lsn from, CancellationToken cancel) => throw new NotSupportedException();

    public Task<Answer<bool>> LogRunningTransactionsAsync(CancellationToken cancel) => throw new NotSupportedException();

    public Task<StepResult> RunAsync(Step step, StepOrder order, CancellationToken cancel)
    {
        var again = own.Machine.Field.Network.Repeats(step);
        return own.Machine.Field.Network.CallAsync(own, other, step.Bound, again,
            (agent, ct) => order.Operation == Step.DryRun ? agent.Desk.RunAsync(step, order, ct) : agent.Desk.RunForAsync(step, order, own.Identity.Digest, ct),
            why => StepResult.Failed(why), cancel);
    }

    public Task<Answer<LockAnswer>> LockAsync(OperationLock wanted, CancellationToken cancel) => AskAsync(Quick, (agent, ct) => agent.Desk.LockAsync(wanted, ct), cancel);

    public Task<Answer<StayRequest>> PromiseAsync(StayRequest wanted, CancellationToken cancel) =>
        AskAsync(Quick, (agent, ct) => agent.Failover!.Promising.AnswerAsync(wanted, own.Identity.Digest, ct), cancel);

    public async Task UnlockAsync(string operation, CancellationToken cancel) => await AskAsync<bool>(Quick, async (agent, ct) =>
    {
        await agent.Desk.UnlockAsync(operation, ct);
        return true;
    }, cancel);

    private Task<Answer<T>> AskAsync<T>(TimeSpan within, Func<SimAgent, CancellationToken, Task<Answer<T>>> serve, CancellationToken cancel) =>
        own.Machine.Field.Network.CallAsync(own, other, within, again: null, serve, why => (Answer<T>)why, cancel);
}
