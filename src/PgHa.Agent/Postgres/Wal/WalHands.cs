using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;
using PgHa.Agent.Steps;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Postgres;

/// <summary>The real pg_wal of the stopped server.</summary>
internal sealed class WalHands(WalCompletion completion, WalBringing bringing, ArchiveWal archive, WalReplay replay) : IWalHands
{
    public Task<StepResult> CompleteAsync(WalAncestry kin, WalPosition own, WalPosition theirs, IWalSource source, CancellationToken cancel) => completion.RunAsync(kin, own, theirs, source, cancel);

    public Task<Refusal?> BringAsync(WalToBring bring, WalPosition own, WalPosition theirs, IWalSource source, CancellationToken cancel) => bringing.RunAsync(bring, own, theirs, source, cancel);

    public Task<Answer<string>> BringFromArchiveAsync(string upstream, WalToBring bring, WalView wal, CancellationToken cancel) => archive.BringAsync(upstream, bring, wal, cancel);

    public Task<StepResult> ReplayAsync(CancellationToken cancel) => replay.RunAsync(cancel);
}
