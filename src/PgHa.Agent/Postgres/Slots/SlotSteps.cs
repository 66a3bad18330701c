using System.Net.Sockets;
using Npgsql;
using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Postgres;

/// <summary>What the steps of plans do about logical slots.</summary>
internal sealed class SlotSteps(SlotPlacing placing, SlotLevelling levelling, SlotReading reading, SlotCopies copies, SlotFiles files, DataDirectory data)
{
    internal async Task<StepResult> PlaceAsync(INode source, CancellationToken cancel) =>
        (await placing.RunAsync(source, asPrimary: true, cancel)).Result;

    /// <summary>So long writes wait: for copies that are safe where they stand, and for those that have to be advanced to be safe.</summary>
    private static readonly SlotPatience Last = new(TimeSpan.FromMilliseconds(15), TimeSpan.FromSeconds(4));

    /// <summary>So long they wait where the server does not answer either.</summary>
    private static readonly TimeSpan LastBound = TimeSpan.FromSeconds(5);

    /// <summary>A failover has taken longer than that already.</summary>
    private static readonly SlotPatience Failover = Last with { Safe = TimeSpan.FromMilliseconds(500) };

    /// <summary>So long without any primary, where replay has to come to its end, too.</summary>
    private static readonly TimeSpan FailoverBound = TimeSpan.FromSeconds(15);

    /// <summary>Before the primary moves: while it serves there is time, and where it is down there is none.</summary>
    internal async Task<StepResult> LevelAsync(INode source, CancellationToken cancel)
    {
        var theirs = await source.SlotsAsync(cancel);
        if (!theirs.IsOk)
            return Unseen(source, theirs.Refusal).Result;
        return (theirs.Value.Running
            ? await LevelAsync(source, theirs.Value, SlotPatience.Endless, Timeout.InfiniteTimeSpan, cancel)
            : await LevelAsync(source, theirs.Value, Failover, FailoverBound, cancel)).Result;
    }

    private static SlotOutcome Unseen(INode source, Refusal why) => new([], [$"the logical slots of {source.Name} cannot be seen: {why.Message}"]);

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
    internal IReadOnlyList<string> BeforePrimary() => [.. copies.NotLevel().Select(RemoveLate)];

    private string RemoveLate(string slot)
    {
        try
        {
            files.Remove(slot);
            copies.Note(slot, null);
            return SlotPlacing.Late(slot);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"{SlotPlacing.Late(slot)}: {e.Message}";
        }
    }

    private async Task<SlotOutcome?> LastAsync(INode source, Answer<SlotsReport> theirs, CancellationToken cancel)
    {
        if (!theirs.IsOk)
            return Unseen(source, theirs.Refusal);
        return theirs.Value.Slots.Any(SlotRules.IsCarried) || theirs.Value.Broken.Count > 0 ? await LevelAsync(source, theirs.Value, Last, LastBound, cancel) : null;
    }

    /// <summary>That slots stay where they were brought level before is told, and ends no change of roles.</summary>
    private async Task<SlotOutcome> LevelAsync(INode source, SlotsReport theirs, SlotPatience patience, TimeSpan bound, CancellationToken cancel)
    {
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        bounded.CancelAfter(bound);
        try
        {
            return await levelling.RunAsync(source, theirs, patience, bounded.Token);
        }
        catch (Exception e) when (e is NpgsqlException or SocketException or IOException or TimeoutException || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return new([], [.. theirs.Slots.Where(SlotRules.IsCarried).Select(s => SlotPlacing.Left(s.Name, $"its copy could not be brought to {s.ConfirmedFlush}: {e.Message}"))]);
        }
    }

    /// <summary>Before a start: folders of slots that no server would start with are taken away, and named.</summary>
    internal IReadOnlyList<string> Quarantine() => data.Major is { } major && !ServerProcess.In(data.Root).Any() && data.Problem(data.ReadControl()) is null
        ? files.Quarantine(major, reading.Aside)
        : [];

    /// <summary>A node that is to follow gets, before 16, the slots it does not have yet while it is down; in words for the step's evidence.</summary>
    internal async Task<string> BeforeStandbyAsync(INode upstream, CancellationToken cancel)
    {
        BeforeRecovery();
        var outcome = await placing.RunAsync(upstream, asPrimary: false, cancel);
        return outcome.Done.Concat(outcome.Left).ToArray() is { Length: > 0 } words ? "; slots: " + string.Join("; ", words) : "";
    }

    /// <summary>Before a start as standby, for however short a time: afterwards nothing would tell any more that it was primary, and its slots originals.</summary>
    internal void BeforeRecovery()
    {
        if (reading.WasPrimary)
            copies.Originals(reading.FromFiles().Slots.Where(SlotRules.IsCarried).Select(s => s.Name));
    }

    /// <summary>From here on its slots are originals.</summary>
    internal void BecamePrimary() => copies.Clear();
}
