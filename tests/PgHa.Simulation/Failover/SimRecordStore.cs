using PgHa.Agent.Leadership;

namespace PgHa.Simulation;

/// <summary>The record, as one agent reads and swaps it. What it has seen lies on the machine's disk, as with the real one.</summary>
internal sealed class SimRecordStore(SimAgent agent, SimEtcd etcd) : IRecordStore
{
    private SimDisk Disk => agent.Machine.Disk;

    public Task<RecordAnswer> ReadAsync(TimeSpan within, CancellationToken cancel) => AskAsync(within, etcd.Records.Read, written: null, cancel);

    public Task<RecordAnswer> SwapAsync(PrimaryRecord record, long revision, TimeSpan within, CancellationToken cancel) =>
        AskAsync(within, () => Swap(record, revision), record, cancel);

    private RecordAnswer Swap(PrimaryRecord record, long revision)
    {
        var before = etcd.Records.Read();
        var answer = etcd.Records.Swap(record, revision);
        if (answer is RecordAnswer.Swapped)
            agent.Machine.Field.Absences!.Passed((before as RecordAnswer.Stands)?.Record, record);
        return answer;
    }

    private async Task<RecordAnswer> AskAsync(TimeSpan within, Func<RecordAnswer> ask, PrimaryRecord? written, CancellationToken cancel)
    {
        var known = Disk.Memory;
        var (answer, id) = await etcd.AskAsync(agent, within, () => (ask(), etcd.Records.Id), why => (new RecordAnswer.Outage(why), 0UL), cancel);
        if (answer is RecordAnswer.Outage)
            return answer;
        answer = known.Weigh(answer, id);
        var next = Disk.Memory.After(answer is RecordAnswer.Swapped swapped ? new RecordAnswer.Stands(written!, swapped.Revision) : answer, id);
        if ((next.Epoch != Disk.Memory.Epoch || next.Etcd != Disk.Memory.Etcd) && Disk.Full)
            return new RecordAnswer.Outage("what was seen of the record cannot be kept");
        Disk.Memory = next;
        return answer;
    }
}
