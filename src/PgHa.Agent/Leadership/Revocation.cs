using System.Collections.Immutable;

namespace PgHa.Agent.Leadership;

/// <summary>
/// Enough voters have pledged: the primary can acknowledge nothing more than they have, whatever its clock does, and its record may be taken before it has run out. Immutable, pure.
/// </summary>
/// <param name="Revision">The revision of the record that is taken.</param>
/// <param name="SyncRevision">That of the sync record.</param>
/// <param name="Pledges">The pledges that count. All of them must still stand when the record is taken.</param>
/// <param name="After">
/// What the sync record says from then on: everything is on the pledgers with the most WAL, each of which has all. Its epoch is the new one, so that the old primary changes nothing any more.
/// </param>
public sealed record Revocation(long Revision, long SyncRevision, ImmutableArray<PledgeSeen> Pledges, SyncRecord After)
{
    /// <summary>The epoch that is taken.</summary>
    public long Epoch => After.Epoch;

    /// <summary>Who has pledged.</summary>
    public string Words => string.Join(" and ", Pledges.Select(p => p.Pledge.Node));

    /// <summary>What the pledges allow; null: nothing yet.</summary>
    /// <param name="record">The record.</param>
    /// <param name="revision">Its revision.</param>
    /// <param name="sync">The sync record.</param>
    /// <param name="syncRevision">Its revision.</param>
    /// <param name="pledges">All that stand in etcd.</param>
    public static Revocation? Of(PrimaryRecord record, long revision, SyncRecord? sync, long syncRevision, IEnumerable<PledgeSeen> pledges)
    {
        ArgumentNullException.ThrowIfNull(pledges);
        if (!MayBe(record, sync))
            return null;
        ImmutableArray<PledgeSeen> counted = [.. pledges.Where(p => Counts(p.Pledge, record, sync!)).OrderBy(p => p.Pledge.Node, StringComparer.Ordinal)];
        if (!sync!.Set.IsMetBy([.. counted.Select(p => p.Pledge.Node)]))
            return null;
        var most = counted.Max(p => p.Pledge.End);
        var furthest = counted.Where(p => p.Pledge.End == most).Select(p => p.Pledge.Node).ToArray();
        return new(revision, syncRevision, counted, sync with { Epoch = record.Epoch + 1, Set = new(furthest, furthest.Length) });
    }

    /// <summary>A record that its holder allows to be taken so, and a sync record that is the holder's own, of this turn.</summary>
    public static bool MayBe(PrimaryRecord record, SyncRecord? sync)
    {
        ArgumentNullException.ThrowIfNull(record);
        return record is { Revocable: true, Released: false, Manual: false } && sync is { GivenUp: false, Set.Needed: > 0 } && sync.Holder == record.Node && sync.Epoch == record.Epoch;
    }

    /// <summary>WAL of another timeline is not compared by its position.</summary>
    private static bool Counts(Pledge pledge, PrimaryRecord record, SyncRecord sync) =>
        pledge is { Withdrawn: false } && pledge.Epoch == record.Epoch + 1 && pledge.Timeline == record.Timeline && sync.Set.Voters.Contains(pledge.Node);
}

/// <summary>The record's store for who takes it by pledges: until the record is its own each swap compares them, too.</summary>
/// <param name="store">The store.</param>
/// <param name="revocation">What was seen.</param>
public sealed class RevokingStore(IRecordStore store, Revocation revocation) : IRecordStore
{
    /// <inheritdoc />
    public Task<RecordAnswer> ReadAsync(TimeSpan within, CancellationToken cancel) => store.ReadAsync(within, cancel);

    /// <inheritdoc />
    public Task<RecordAnswer> SwapAsync(PrimaryRecord record, Standing before, TimeSpan within, CancellationToken cancel) =>
        before.Revision == revocation.Revision ? store.RevokeAsync(record, before, revocation, within, cancel) : store.SwapAsync(record, before, within, cancel);
}
