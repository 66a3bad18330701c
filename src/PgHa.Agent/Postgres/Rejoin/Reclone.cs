using PgHa.Agent.Configuration;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Postgres;

/// <summary>Replaces the data directory of the stopped node by a base backup; the old one is kept aside until the new one streams (fact 24).</summary>
internal sealed class Reclone(AgentOptions options, DataDirectory data, DirectorySwap swap, CloneCheck check, BaseBackup backup, CloneSettings settings, OwnFilesReading files, RewindMarker marker)
{
    /// <summary>What is known of the source, or why it cannot take the place of what is here.</summary>
    internal async Task<Answer<SourceFacts>> CheckAsync(NodeObservation source, bool ownRuns, CancellationToken cancel)
    {
        if (swap.RefuseReplacing() is { } refusal)
            return refusal;
        var own = await files.ReadAsync(rewrites: false, cancel);
        if (!own.IsOk)
            return own.Refusal;
        var free = new DriveInfo(Path.GetDirectoryName(data.Root)!).AvailableFreeSpace;
        return await check.RunAsync(source, new EmptyPlace(free), ownRuns, cancel);
    }

    internal async Task<StepResult> RunAsync(NodeObservation source, CancellationToken cancel)
    {
        var facts = await CheckAsync(source, ownRuns: false, cancel);
        if (!facts.IsOk)
            return StepResult.Failed(facts.Refusal);
        if (swap.Prepare() is { } left)
            return StepResult.Failed(left);
        try
        {
            var node = options.Nodes.First(n => n.Name == source.Node);
            var taken = await backup.TakeAsync(node, facts.Value.Major, source.Control!.SystemIdentifier, swap.Side, cancel);
            if (!taken.IsOk)
                return StepResult.Failed(taken.Refusal);
            var own = await files.ReadAsync(rewrites: false, cancel);
            if (!own.IsOk)
                return StepResult.Failed(own.Refusal);
            if (own.Value.PutBack(swap.Side) is { } other)
                return StepResult.Failed(Code.StepFailed, $"{other} in the copy is not what {options.Node} has there", "nothing was put in place; look at the disk, then repeat the call");
            if (await settings.ApplyAsync(swap.Side, source.Node, facts.Value.Major, cancel) is { } unfit)
                return StepResult.Failed(unfit);
            marker.Exempt(swap.Side);
            swap.SwapInKeeping();
            marker.Clear();
            return StepResult.Done($"{taken.Value}; its own {own.Value.Count} files are back; the old directory is kept at {swap.Kept}");
        }
        finally
        {
            swap.RemoveSide();
        }
    }

    /// <summary>Removes the old directory.</summary>
    internal StepResult Discard()
    {
        if (!Directory.Exists(swap.Kept))
            return StepResult.Done("there is none");
        Directory.Delete(swap.Kept, recursive: true);
        return StepResult.Done($"{swap.Kept} removed");
    }
}
