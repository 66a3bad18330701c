using Npgsql;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Postgres;

/// <summary>What the steps of plans do about logical slots.</summary>
internal sealed class SlotSteps(SlotPlacing placing, SlotLevelling levelling, SlotReading reading, SlotCopies copies, SlotFiles files, DataDirectory data, AgentOptions options)
{
    internal async Task<StepResult> PlaceAsync(INode source, CancellationToken cancel) =>
        (await placing.RunAsync(source, asPrimary: true, cancel)).Result;

    /// <summary>So long writes wait: for copies that are safe where they stand, and for those that have to be advanced to be safe.</summary>
    private static readonly SlotPatience Last = new(TimeSpan.FromMilliseconds(15), TimeSpan.FromSeconds(4));

    /// <summary>So long they wait where the server does not answer either.</summary>
    private static readonly TimeSpan LastBound = TimeSpan.FromSeconds(5);

    /// <summary>Before the primary moves.</summary>
    internal async Task<StepResult> LevelAsync(INode source, CancellationToken cancel)
    {
        var theirs = await source.SlotsAsync(cancel);
        return theirs.IsOk
            ? (await levelling.RunAsync(source, theirs.Value, SlotPatience.Endless, cancel)).Result
            : new SlotOutcome([], [$"the logical slots of {source.Name} cannot be seen: {theirs.Refusal.Message}"]).Result;
    }

    /// <summary>In the interruption of a switchover by promotion, with the slots the old primary ended with; null where it had none.</summary>
    internal async Task<SlotOutcome?> LevelLastAsync(INode source, Answer<SlotsReport> theirs, CancellationToken cancel)
    {
        var outcome = await LastAsync(source, theirs, cancel);
        var late = await levelling.BeforePromotionAsync(cancel);
        return late.Count == 0 ? outcome : new(outcome?.Done ?? [], [.. outcome?.Left ?? [], .. late]);
    }

    /// <summary>Before a promotion without an old primary whose slots could be seen; what is not carried.</summary>
    internal Task<IReadOnlyList<string>> BeforePromotionAsync(CancellationToken cancel) => levelling.BeforePromotionAsync(cancel);

    /// <summary>The same before a start as primary, while the server is down.</summary>
    internal IReadOnlyList<string> BeforePrimary()
    {
        string[] late = [.. copies.NotLevel()];
        foreach (var slot in late)
        {
            files.Remove(slot);
            copies.Note(slot, null);
        }
        return [.. late.Select(SlotPlacing.Late)];
    }

    private async Task<SlotOutcome?> LastAsync(INode source, Answer<SlotsReport> theirs, CancellationToken cancel)
    {
        if (!theirs.IsOk)
            return new([], [$"the logical slots of {source.Name} cannot be seen: {theirs.Refusal.Message}"]);
        if (!theirs.Value.Slots.Any(SlotRules.IsCarried) && theirs.Value.Broken.Count == 0)
            return null;
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        bounded.CancelAfter(LastBound);
        try
        {
            return await levelling.RunAsync(source, theirs.Value, Last, bounded.Token);
        }
        catch (Exception e) when (e is NpgsqlException or IOException or TimeoutException || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            // Writes wait: that slots stay where they were brought level a moment ago is told, and ends nothing.
            return new([], [.. theirs.Value.Slots.Where(SlotRules.IsCarried).Select(s => SlotPlacing.Left(s.Name, $"its copy could not be brought to {s.ConfirmedFlush} in the last moment: {e.Message}"))]);
        }
    }

    /// <summary>Before a start: folders of slots that no server would start with are taken away, and named.</summary>
    internal IReadOnlyList<string> Quarantine() => data.Major is { } major && !ServerProcess.In(data.Root).Any() && data.Problem(data.ReadControl()) is null
        ? files.Quarantine(major, Path.Combine(options.StateDir, "quarantine"))
        : [];

    /// <summary>A node that is to follow gets, before 16, the slots it does not have yet while it is down; in words for the step's evidence.</summary>
    internal async Task<string> BeforeStandbyAsync(INode upstream, CancellationToken cancel)
    {
        if (reading.WasPrimary)
            copies.Originals(reading.FromFiles().Slots.Where(SlotRules.IsCarried).Select(s => s.Name));
        var outcome = await placing.RunAsync(upstream, asPrimary: false, cancel);
        return outcome.Done.Concat(outcome.Left).ToArray() is { Length: > 0 } words ? "; slots: " + string.Join("; ", words) : "";
    }

    /// <summary>From here on its slots are originals.</summary>
    internal void BecamePrimary() => copies.Clear();
}
