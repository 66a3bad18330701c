using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Simulation;

/// <summary>Salvage, rewind, and copies of another node.</summary>
internal sealed partial class SimHands
{
    public Task<Refusal?> RefuseRewindAsync(WalAncestry kin, WalPosition own, CancellationToken cancel) => Task.FromResult<Refusal?>(null);

    public Task<Refusal?> RefuseArchiveAsync(NodeObservation source, CancellationToken cancel) => Task.FromResult(
        Machine.Field.Archive is { Hangs: false } archive && (source.Sql?.Timeline ?? source.Control?.Timeline) is { } timeline ? ArchiveRules.RefuseCopy(Machine.Name, source.Node, archive.Newer(timeline.Value)) : null);

    public async Task<Answer<SalvageReport>> SalvageAsync(WalAncestry kin, WalPosition own, CancellationToken cancel)
    {
        await Take(10, 100, cancel);
        Disk.Write();
        var report = new SalvageReport
        {
            Id = $"salvage-{Disk.Salvages.Count}",
            Node = own.Node,
            Source = kin.Other,
            Taken = Time.GetUtcNow(),
            SystemIdentifier = own.SystemIdentifier,
            Timeline = own.Timeline,
            Fork = kin.OnlyHereFrom(own),
            End = own.End,
            Evidence = kin.Evidence.Words,
        };
        var data = Mounted;
        Disk.Salvages.Add(report);
        Disk.SalvagedRows.UnionWith(data.Wal.Line(data.Wal.Lineage(own.Timeline.Value), report.Fork.Value).Where(r => r.Kind == RecordKind.Row).Select(r => r.Row));
        Machine.Field.Ledger.Salvaged(Disk.SalvagedRows);
        return report;
    }

    public SalvageReport? Salvaged(WalAncestry kin, WalPosition own) => Disk.Salvages.LastOrDefault(s => s.Timeline == own.Timeline && s.End == own.End && s.Fork <= kin.OnlyHereFrom(own));

    public async Task<StepResult> RewindAsync(string source, string salvage, CancellationToken cancel)
    {
        Write(data => data.RewindUnfinished = true);
        await Take(50, 500, cancel);
        return await ReplaceAsync(source, "rewound");
    }

    public Task<Answer<string>> CheckRecloneAsync(NodeObservation source, bool ownRuns, CancellationToken cancel) =>
        Task.FromResult<Answer<string>>(Copyable(source.Node) ? "there is room for it" : new Refusal(Code.StepFailed, $"{source.Node} cannot be copied", "look at its server"));

    public async Task<StepResult> RecloneAsync(NodeObservation source, CancellationToken cancel)
    {
        await Take(100, 900, cancel);
        return await ReplaceAsync(source.Node, "replaced");
    }

    public StepResult DiscardOld() => StepResult.Done("removed");

    public Task<Refusal?> RefuseInitAsync(CancellationToken cancel) => Task.FromResult<Refusal?>(null);

    /// <summary>Whoever makes a cluster has looked whether all disks are mounted.</summary>
    public async Task<StepResult> InitAsync(EmptyPlace place, CancellationToken cancel)
    {
        await Take(100, 900, cancel);
        Disk.Write();
        if (Machine.Field.Machines.Any(m => m.Disk.Away))
            return StepResult.Failed(Code.StepFailed, "a disk is not mounted", "mount it");
        Disk.Data = SimData.New($"700000000000000{Machine.Field.NextId():D4}");
        return StepResult.Done("initdb done");
    }

    public Task<Answer<string>> CheckCloneAsync(NodeObservation source, EmptyPlace place, CancellationToken cancel) => CheckRecloneAsync(source, ownRuns: false, cancel);

    public async Task<StepResult> CloneAsync(NodeObservation source, EmptyPlace place, CancellationToken cancel) => await RecloneAsync(source, cancel);

    public Refusal? RemoveLeftovers() => null;

    /// <summary>Rows that no salvage holds: the plan has named them, and force has answered.</summary>
    private void GiveUp(long[] lost)
    {
        if (Machine.Field.Machines.SelectMany(m => m.Agent?.Store.All ?? []).Any(r => r.Overrides.Any(o => o.Contains($"rows that only {Machine.Name} holds", StringComparison.Ordinal))))
            Machine.Field.Ledger.GiveUp(lost);
        else
            World.Found($"the data of {Machine.Name} is replaced, and {lost.Length} rows that only it holds were not salvaged");
    }

    private bool Copyable(string source) => Machine.Field.Network.Linked(Machine, Machine.Field[source]) && Machine.Field[source].Server is { Phase: ServerPhase.Up, Deaf: false };

    private Task<StepResult> ReplaceAsync(string source, string how)
    {
        Disk.Write();
        if (!Copyable(source) || Instance.Runs || Disk.Away)
            return Task.FromResult(StepResult.Failed(Code.StepFailed, $"the copy of {source} broke off", "repeat the call"));
        Machine.Field[source].Server.CheckPoint();
        var copy = Machine.Field[source].Disk.Data!.Backup();
        (copy.Upstream, copy.Run) = (source, Machine.Field.NextId());
        if (Disk.Data is { } old && old.Rows().Except(copy.Rows()).Except(Disk.SalvagedRows).ToArray() is { Length: > 0 } lost)
            GiveUp(lost);
        Disk.Data = copy;
        return Task.FromResult(StepResult.Done($"{how} from {source}"));
    }
}
