using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Plans;
using PgHa.Agent.Steps;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Postgres;

/// <summary>Salvage, pg_rewind and pg_basebackup on the real data directory.</summary>
internal sealed class RejoinHands(
    AgentOptions options, RewindCheck check, Salvage salvage, SalvageStore store, Rewind rewind, Reclone reclone, ArchiveTrial archive) : IRejoinHands
{
    public Task<Refusal?> RefuseRewindAsync(WalAncestry kin, WalPosition own, CancellationToken cancel) => check.RefuseAsync(kin, own, cancel);

    public Task<Refusal?> RefuseArchiveAsync(NodeObservation source, CancellationToken cancel) => archive.BeforeCopyAsync(source, cancel);

    public Task<Answer<SalvageReport>> SalvageAsync(WalAncestry kin, WalPosition own, CancellationToken cancel) => salvage.RunAsync(kin, own, cancel);

    public SalvageReport? Salvaged(WalAncestry kin, WalPosition own) => store.Covering(own, kin.OnlyHereFrom(own));

    public Task<StepResult> RewindAsync(string source, string saved, CancellationToken cancel) => rewind.RunAsync(options.Nodes.First(n => n.Name == source), saved, cancel);

    public async Task<Answer<string>> CheckRecloneAsync(NodeObservation source, bool ownRuns, CancellationToken cancel)
    {
        var facts = await reclone.CheckAsync(source, ownRuns, cancel);
        return facts.IsOk ? $"{source.Node} has {PlaceRules.Megabytes(facts.Value.Bytes)}, and there is room for it" : facts.Refusal;
    }

    public Task<StepResult> RecloneAsync(NodeObservation source, CancellationToken cancel) => reclone.RunAsync(source, cancel);

    public StepResult DiscardOld() => reclone.Discard();
}
