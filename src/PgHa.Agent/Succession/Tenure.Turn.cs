using PgHa.Agent.Leadership;
using PgHa.Client.Operations;

namespace PgHa.Agent.Succession;

/// <summary>The part about what stands in etcd: whether this node may begin a turn, and the record that it would write. Nobody is asked, and nothing is written.</summary>
internal sealed partial class Tenure
{
    private Holding? Begin(RecordAnswer answer, bool first, uint next, Revocation? revocation) => answer switch
    {
        RecordAnswer.Stands { Record: { Manual: true } record, Standing: var before } => first && record.Returns ? Holding.Take(Next(record, next), before) : null,
        RecordAnswer.Stands { Record: var record, Standing: var before } when IsOwn(record) => Holding.GoOn(record with { Revocable = terms.Revocable }, before, name()),
        RecordAnswer.Stands { Record: var record, Standing: var before } stands when IsOfEarlierBoot(record) || (Sight is { } sight && sight.Is(stands) && sight.HasRunOut(clock())) =>
            Holding.Take(Next(record, next), before),
        RecordAnswer.Stands { Record: { Released: false } record, Standing: var before } when revocation is not null && before.Revision == revocation.Revision && record.Epoch + 1 == revocation.Epoch =>
            Holding.Take(Next(record, next), before),
        RecordAnswer.Absent when first => Holding.Take(New(1, Math.Max(1, next)), default),
        _ => null,
    };

    private PrimaryRecord Next(PrimaryRecord record, uint next) =>
        New(record.Epoch + 1, next > 0 ? Math.Max(record.Timeline + 1, next) : record.Timeline) with { MadeAnewIn = record.MadeAnewIn, Made = record.MayBeMade, Served = record.Served };

    internal bool IsOwn(PrimaryRecord record) => record.Node == terms.Node && record.Boot == terms.Boot && record is { Released: false, Manual: false };

    /// <summary>This machine was started anew since: none of the processes lives that it allowed to write.</summary>
    internal bool IsOfEarlierBoot(PrimaryRecord record) => record.Node == terms.Node && record.Boot != terms.Boot && !record.Manual;

    private PrimaryRecord New(long epoch, uint timeline) => new()
    {
        Node = terms.Node,
        Epoch = epoch,
        Boot = terms.Boot,
        Run = name(),
        Counter = 1,
        DMilliseconds = (int)terms.D.TotalMilliseconds,
        Since = time.GetUtcNow(),
        Timeline = timeline,
        System = terms.System(),
        Revocable = terms.Revocable,
    };

    private Refusal Withheld(RecordAnswer answer) => answer switch
    {
        RecordAnswer.Stands { Record.Manual: true } => new(Code.AnotherWritable, "the cluster goes back to automatic mode, and not all agents have said that they run in it and that no other node is writable",
            "look at v2/cluster/explain, and repeat the call"),
        RecordAnswer.Stands { Record: var record } => new(Code.AnotherWritable,
            $"{record.Node} holds the record in etcd (epoch {record.Epoch}) for {Math.Max(0, (Sight!.RunsOutAt - clock()).TotalSeconds):0.0} s more, if it is not renewed: {terms.Node} may not write",
            $"to move the primary POST instance/switchover/masterSlave?to={terms.Node} on {record.Node}; if {record.Node} is gone its record runs out by itself"),
        RecordAnswer.Absent => new(Code.AnotherWritable, "there is no record in etcd, and not all nodes have said that there never was one",
            "bring all agents up: the primary takes the first record by itself; if a node is gone for good: pgha record recreate --force NODE"),
        RecordAnswer.Unreadable { Why: var why } => new(Code.AnotherWritable, $"the record in etcd cannot be used: {why}", "was etcd restored, or emptied? pgha record recreate makes the record again (docs/failover.md)"),
        RecordAnswer.Outage { Why: var why } => new(Code.AnotherWritable, $"etcd cannot be asked for the record: {why}", "bring etcd back, then repeat the call"),
        _ => throw new System.Diagnostics.UnreachableException(answer.ToString()),
    };
}
