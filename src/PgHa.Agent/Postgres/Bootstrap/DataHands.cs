using PgHa.Agent.Configuration;
using PgHa.Agent.Plans;
using PgHa.Agent.Steps;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Postgres;

/// <summary>Fills the real, empty data directory. Until the swap at the very end it stays as it is.</summary>
internal sealed class DataHands(AgentOptions options, ClusterInit init, CloneCheck check, BaseBackup backup, CloneSettings settings, DirectorySwap swap, RewindMarker marker) : IDataHands
{
    public Task<Refusal?> RefuseInitAsync(CancellationToken cancel) => init.RefuseAsync(cancel);

    public async Task<StepResult> InitAsync(EmptyPlace place, CancellationToken cancel) => await init.RefuseAsync(cancel) is { } refusal
        ? StepResult.Failed(refusal)
        : await AsideAsync(async () => await init.MakeAsync(place.FreeBytes, cancel) is { } failed ? failed : "initdb done and set up");

    public async Task<Answer<string>> CheckCloneAsync(NodeObservation source, EmptyPlace place, CancellationToken cancel)
    {
        var facts = await check.RunAsync(source, place, ownRuns: false, cancel);
        return facts.IsOk
            ? $"{source.Node} runs PostgreSQL {facts.Value.Major} with {PlaceRules.Megabytes(facts.Value.Bytes)}, {PlaceRules.Megabytes(place.FreeBytes)} are free here"
            : facts.Refusal;
    }

    public async Task<StepResult> CloneAsync(NodeObservation source, EmptyPlace place, CancellationToken cancel)
    {
        var facts = await check.RunAsync(source, place, ownRuns: false, cancel);
        return facts.IsOk
            ? await AsideAsync(() => CopyAsync(source.Control!.SystemIdentifier, source.Node, facts.Value, cancel))
            : StepResult.Failed(facts.Refusal);
    }

    public Refusal? RemoveLeftovers() => swap.RemoveSide();

    private async Task<Answer<string>> CopyAsync(string identifier, string source, SourceFacts facts, CancellationToken cancel)
    {
        var node = options.Nodes.First(n => n.Name == source);
        var taken = await backup.TakeAsync(node, facts.Major, identifier, swap.Side, cancel);
        if (taken.IsOk && marker.Own?.PutBack(swap.Side) is { } other) // of a half rewound directory that somebody has taken away
            return new Refusal(Code.StepFailed, $"{other} in the copy is not what {options.Node} had there", "look at the disk, then repeat the call");
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
