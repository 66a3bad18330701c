using PgHa.Agent.Etcd;
using PgHa.Agent.Leadership;

namespace PgHa.Simulation;

/// <summary>The keys in the simulated etcd, as one agent asks for them.</summary>
internal sealed class SimEtcdKeys(SimAgent agent, SimEtcd etcd) : IEtcdKeys
{
    public Task<EtcdAnswer<EtcdRange>> ReadAsync(string key, TimeSpan within, CancellationToken cancel) => AskAsync(() => etcd.Records.Range(key, isPrefix: false), within, cancel);

    public Task<EtcdAnswer<EtcdRange>> ReadPrefixAsync(string prefix, int most, TimeSpan within, CancellationToken cancel) =>
        AskAsync(() => etcd.Records.Range(prefix, isPrefix: true), within, cancel);

    public Task<EtcdAnswer<EtcdTxnResult>> CommitAsync(EtcdTxn txn, TimeSpan within, CancellationToken cancel) => AskAsync(() => etcd.Commit(txn), within, cancel);

    private Task<EtcdAnswer<T>> AskAsync<T>(Func<T> ask, TimeSpan within, CancellationToken cancel) =>
        etcd.AskAsync<EtcdAnswer<T>>(agent, within, () => ask(), why => new Outage(why, Outage.UsualHint), cancel);
}

/// <summary>What a machine has seen of the record, on its disk.</summary>
internal sealed class SimRecordMemory(SimDisk disk) : IRecordMemoryDisk
{
    public RecordMemory Read() => disk.Memory;

    public void Write(RecordMemory memory)
    {
        disk.Write();
        disk.Memory = memory;
    }
}
