using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Plans;
using PgHa.Client.Operations;

namespace PgHa.Agent.Postgres;

/// <summary>
/// The steps that fill an empty data directory. Each proves once more, over a fresh view, that there is nothing to destroy; until the
/// swap at the very end the data directory stays as it is.
/// </summary>
internal sealed class DataSteps(
    AgentOptions options, ClusterInit init, CloneCheck check, BaseBackup backup, CloneSettings settings, DirectorySwap swap, RewindMarker marker, Lazy<ClusterObserver> cluster)
{
    internal async Task<StepResult> RunAsync(Step step, CancellationToken cancel)
    {
        var view = await cluster.Value.ObserveAsync(fresh: true, cancel);
        return step switch
        {
            CheckCreate => await init.RefuseAsync(cancel) is { } refusal ? StepResult.Failed(refusal) : StepResult.Done("programs, passwords and address are there"),
            CreateCluster s => await CreateAsync(s.Accepted, view, cancel),
            CheckClone s => await CheckAsync(s.Source, view, cancel),
            CloneFrom s => await CloneAsync(s.Source, view, cancel),
            _ => throw new System.Diagnostics.UnreachableException(step.ToString()),
        };
    }

    private async Task<StepResult> CreateAsync(IReadOnlyList<string> accepted, ClusterView view, CancellationToken cancel)
    {
        if ((InitDataPlan.Refuse(options.Node, view, accepted) ?? await init.RefuseAsync(cancel)) is { } refusal)
            return StepResult.Failed(refusal);
        return await AsideAsync(async () => await init.MakeAsync(view[options.Node].Place!.FreeBytes, cancel) is { } failed ? failed : "initdb done and set up");
    }

    private async Task<StepResult> CheckAsync(string source, ClusterView view, CancellationToken cancel)
    {
        var facts = await FactsAsync(source, view, cancel);
        return facts.IsOk
            ? StepResult.Done($"{source} runs PostgreSQL {facts.Value.Major} with {PlaceRules.Megabytes(facts.Value.Bytes)}, {PlaceRules.Megabytes(view[options.Node].Place!.FreeBytes)} are free here")
            : StepResult.Failed(facts.Refusal);
    }

    private async Task<StepResult> CloneAsync(string source, ClusterView view, CancellationToken cancel)
    {
        var facts = await FactsAsync(source, view, cancel);
        return facts.IsOk
            ? await AsideAsync(() => CopyAsync(view[source].Control!.SystemIdentifier, source, facts.Value, cancel))
            : StepResult.Failed(facts.Refusal);
    }

    private async Task<Answer<SourceFacts>> FactsAsync(string source, ClusterView view, CancellationToken cancel)
    {
        var own = view[options.Node];
        return (CloneDataPlan.RefusePlace(own) ?? CloneDataPlan.RefuseSource(options.Node, view[source])) is { } refusal
            ? refusal
            : await check.RunAsync(view[source], own.Place!, ownRuns: false, cancel);
    }

    private async Task<Answer<string>> CopyAsync(string identifier, string source, SourceFacts facts, CancellationToken cancel)
    {
        var node = options.Nodes.First(n => n.Name == source);
        var taken = await backup.TakeAsync(node, facts.Major, identifier, swap.Side, cancel);
        return taken.IsOk && await settings.ApplyAsync(swap.Side, source, facts.Major, cancel) is { } refusal ? refusal : taken;
    }

    /// <summary>Fills the directory aside and swaps it in; whatever goes wrong, it does not stay.</summary>
    private async Task<StepResult> AsideAsync(Func<Task<Answer<string>>> fill)
    {
        if (swap.Prepare() is { } left)
            return StepResult.Failed(left);
        try
        {
            var filled = await fill();
            if (!filled.IsOk)
                return StepResult.Failed(filled.Refusal);
            marker.Exempt(swap.Side); // of a directory that somebody has taken away since
            swap.SwapIn();
            marker.Clear();
            return StepResult.Done(filled.Value);
        }
        finally
        {
            swap.RemoveSide();
        }
    }
}
