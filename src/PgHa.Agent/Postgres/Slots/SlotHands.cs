using System.Net.Sockets;
using Npgsql;
using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;
using PgHa.Agent.Steps;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Postgres;

/// <summary>What the steps of plans do about slots.</summary>
internal sealed class SlotHands(
    PhysicalSlots physicalSlots, CopyPlacing placing, CopyLevelling levelling, SlotReading reading, LogicalCopyNotes copies, PhysicalCopyNotes physical, SlotFiles files, DataDirectory data) : ISlotHands
{
    public async Task<StepResult> PlaceAsync(ISlotSource source, CancellationToken cancel) =>
        (await placing.RunAsync(source, asPrimary: true, cancel)).Result;

    /// <summary>How long writes wait for copies that are safe where they stand, and for those that are safe only once they are advanced.</summary>
    private static readonly SlotPatience Last = new(TimeSpan.FromMilliseconds(15), TimeSpan.FromSeconds(4));

    /// <summary>How long they wait if the server does not answer.</summary>
    private static readonly TimeSpan LastBound = TimeSpan.FromSeconds(5);

    /// <summary>A failover has taken longer than that already.</summary>
    private static readonly SlotPatience Failover = Last with { Safe = TimeSpan.FromMilliseconds(500) };

    /// <summary>So long without any primary, where replay has to come to its end, too.</summary>
    private static readonly TimeSpan FailoverBound = TimeSpan.FromSeconds(15);

    /// <summary>Before the primary moves: while it serves there is time, and where it is down there is none.</summary>
    public async Task<StepResult> LevelAsync(ISlotSource source, CancellationToken cancel)
    {
        var theirs = await source.ReportAsync(cancel);
        if (!theirs.IsOk)
            return Unseen(source, theirs.Refusal).Result;
        return (theirs.Value.Running
            ? await LevelAsync(source, theirs.Value, SlotPatience.Endless, Timeout.InfiniteTimeSpan, cancel)
            : await LevelAsync(source, theirs.Value, Failover, FailoverBound, cancel)).Result;
    }

    private static SlotOutcome Unseen(ISlotSource source, Refusal why) => new([], [$"the logical slots of {source.Name} cannot be seen: {why.Message}"]);

    /// <summary>In the interruption of a switchover by promotion, with the slots the old primary ended with; null if it had none.</summary>
    public async Task<SlotsLevelled?> LevelLastAsync(ISlotSource source, Answer<SlotsReport> theirs, CancellationToken cancel)
    {
        var outcome = await LastAsync(source, theirs, cancel);
        var late = await levelling.BeforePromotionAsync(cancel);
        if (late.Count > 0)
            outcome = new(outcome?.Done ?? [], [.. outcome?.Left ?? [], .. late]);
        return outcome is null ? null : new(outcome.Words, outcome.Left);
    }

    /// <summary>Copies of another node's physical slots that are not pgha's.</summary>
    public Task<StepResult> CopyAsync(string source, CancellationToken cancel) => physicalSlots.CopyAsync(source, cancel);

    /// <summary>A physical slot for each other node.</summary>
    public Task<string> EnsureAsync(CancellationToken cancel) => physicalSlots.EnsureAsync(cancel);

    /// <summary>Before a promotion without an old primary whose slots could be seen; what is not carried.</summary>
    public Task<IReadOnlyList<string>> BeforePromotionAsync(CancellationToken cancel) => levelling.BeforePromotionAsync(cancel);

    /// <summary>The same before a start as primary, while the server is down.</summary>
    public IReadOnlyList<string> BeforePrimary() => [.. copies.NotLevel().Select(RemoveLate)];

    private string RemoveLate(string slot)
    {
        try
        {
            files.Remove(slot);
            copies.Note(slot, null);
            return CopyPlacing.Late(slot);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"{CopyPlacing.Late(slot)}: {e.Message}";
        }
    }

    private async Task<SlotOutcome?> LastAsync(ISlotSource source, Answer<SlotsReport> theirs, CancellationToken cancel)
    {
        if (!theirs.IsOk)
            return Unseen(source, theirs.Refusal);
        return theirs.Value.Slots.Any(SlotRules.IsCarried) || theirs.Value.Broken.Count > 0 ? await LevelAsync(source, theirs.Value, Last, LastBound, cancel) : null;
    }

    /// <summary>That slots stay where they were brought level before is told, and ends no change of roles.</summary>
    private async Task<SlotOutcome> LevelAsync(ISlotSource source, SlotsReport theirs, SlotPatience patience, TimeSpan bound, CancellationToken cancel)
    {
        using var bounded = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        bounded.CancelAfter(bound);
        try
        {
            return await levelling.RunAsync(source, theirs, patience, bounded.Token);
        }
        catch (Exception e) when (e is NpgsqlException or SocketException or IOException or TimeoutException || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return new([], [.. theirs.Slots.Where(SlotRules.IsCarried).Select(s => CopyPlacing.Left(s.Name, $"its copy could not be brought to {s.ConfirmedFlush}: {e.Message}"))]);
        }
    }

    /// <summary>Before a start: folders of slots that no server would start with are taken away, and named.</summary>
    internal IReadOnlyList<string> Quarantine() => data.Major is { } major && !ServerProcess.In(data.Root).Any() && data.Problem(data.ReadControl()) is null
        ? files.Quarantine(major, reading.Aside)
        : [];

    /// <summary>A node that is to follow gets, before 16, the slots it does not have yet while it is down; in words for the step's evidence.</summary>
    public async Task<string> BeforeStandbyAsync(ISlotSource upstream, CancellationToken cancel)
    {
        BeforeRecovery();
        var outcome = await placing.RunAsync(upstream, asPrimary: false, cancel);
        return outcome.Done.Concat(outcome.Left).ToArray() is { Length: > 0 } words ? "; slots: " + string.Join("; ", words) : "";
    }

    /// <summary>Before a start as standby, however short, because afterwards nothing shows that it was primary and its slots originals.</summary>
    public void BeforeRecovery()
    {
        if (!reading.WasPrimary)
            return;
        var slots = reading.FromFiles().Slots;
        copies.Originals(slots.Where(SlotRules.IsCarried).Select(s => s.Name));
        physical.Originals(slots.Where(OtherSlotRules.IsOthers).Select(s => s.Name));
    }

    /// <summary>From here on its slots are originals.</summary>
    public void BecamePrimary() => copies.Clear();
}
