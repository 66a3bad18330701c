using PgHa.Client.Facts;
using PgHa.Formats;

namespace PgHa.Agent.Plans;

/// <summary>
/// What becomes of the logical slots of a primary on another node (facts 27 and 34 to 37). Pure. A copy never goes further than its
/// original or than what its node has replayed, so that consumers may see repeats, but never a gap; what is not safe is said.
/// </summary>
public static class SlotRules
{
    /// <summary>Slots that consumers rely on: logical, lasting, and none of those by which a subscription copies its tables.</summary>
    public static bool IsCarried(SlotFacts slot)
    {
        ArgumentNullException.ThrowIfNull(slot);
        return slot is { IsLogical: true, Temporary: false } && !IsTableSync(slot.Name);
    }

    /// <summary>What is to be done on a running standby.</summary>
    /// <param name="own">The standby's slots.</param>
    /// <param name="theirs">Those of the primary.</param>
    public static IReadOnlyList<SlotVerdict> OnStandby(SlotsReport own, SlotsReport theirs)
    {
        ArgumentNullException.ThrowIfNull(own);
        ArgumentNullException.ThrowIfNull(theirs);
        return [.. theirs.Slots.Where(IsCarried).Select(s => Refuse(s, own, theirs) ?? OnStandby(s, own[s.Name], own, theirs)), .. Damaged(own, theirs), .. Orphans(own, theirs)];
    }

    /// <summary>What is to be done on a node that is down.</summary>
    /// <param name="own">The node's slots.</param>
    /// <param name="theirs">Those of the primary, or of the node that was it last.</param>
    /// <param name="asPrimary">Its next start is as primary; otherwise as standby.</param>
    public static IReadOnlyList<SlotVerdict> WhileDown(SlotsReport own, SlotsReport theirs, bool asPrimary)
    {
        ArgumentNullException.ThrowIfNull(own);
        ArgumentNullException.ThrowIfNull(theirs);
        return [.. theirs.Slots.Where(IsCarried).Select(s => Refuse(s, own, theirs) ?? WhileDown(s, own[s.Name], own, theirs, asPrimary)), .. Damaged(own, theirs)];
    }

    /// <summary>
    /// Why a copy is not proven to hold what its consumer needs, once its node is primary; null where it is. Whatever the original did not
    /// need any more when it stood at its last position, a copy at that position does not need either. One that stands before it needs
    /// that its catalog rows were kept: the original's horizon did not pass its own, or its standby kept it back ever since. From 16 on the
    /// standby's server watches this itself: it gives a copy up when it replays that rows are gone which the copy needs.
    /// </summary>
    /// <param name="copy">The copy.</param>
    /// <param name="original">The slot it follows, as it was last.</param>
    /// <param name="own">The copy's node.</param>
    /// <param name="theirs">The original's node.</param>
    public static string? Unproven(SlotFacts copy, SlotFacts original, SlotsReport own, SlotsReport theirs)
    {
        ArgumentNullException.ThrowIfNull(copy);
        ArgumentNullException.ThrowIfNull(original);
        ArgumentNullException.ThrowIfNull(own);
        ArgumentNullException.ThrowIfNull(theirs);
        if (copy.ConfirmedFlush >= original.ConfirmedFlush)
            return null;
        if (copy.CatalogXmin is { } needed && original.CatalogXmin is { } horizon && !Precedes(needed, horizon))
            return null;
        if (own is { Major: >= 16, Running: true } && copy.Invalid is null)
            return null;
        return copy.Copy is { Kept: true } known && known.Source == theirs.Node && KeepsRows(copy, own, theirs)
            ? null
            : $"its copy on {own.Node} stands at {copy.ConfirmedFlush}, before {original.ConfirmedFlush}, and nothing proves that catalog rows from transaction {copy.CatalogXmin} on were kept "
              + $"(hot_standby_feedback on {own.Node} and a physical slot for it would, from when it is next level)";
    }

    /// <summary>The same where the original cannot be seen any more.</summary>
    public static string? UnprovenAlone(SlotFacts copy, SlotsReport own)
    {
        ArgumentNullException.ThrowIfNull(copy);
        ArgumentNullException.ThrowIfNull(own);
        return copy switch
        {
            { Invalid: { } why } => $"its copy on {own.Node} can no longer be used: {why}",
            { Synced: true, Temporary: false } => null,
            _ when !IsCopy(copy, own) => $"its copy on {own.Node} was made later than its consumer stood",
            _ when own.Major >= 16 || copy.Copy is { Kept: true } => null,
            _ => $"nothing proves that what its copy on {own.Node} needs from {copy.ConfirmedFlush} on was kept (hot_standby_feedback on {own.Node} and a physical slot for it would)",
        };
    }

    /// <summary>What is to be remembered of a slot that stands as <paramref name="copy"/> beside its original; null where it is no copy, or none yet.</summary>
    public static SlotCopy? Remember(SlotFacts copy, SlotFacts original, SlotsReport own, SlotsReport theirs)
    {
        ArgumentNullException.ThrowIfNull(copy);
        ArgumentNullException.ThrowIfNull(original);
        ArgumentNullException.ThrowIfNull(own);
        ArgumentNullException.ThrowIfNull(theirs);
        if (copy is { Synced: true } or { Invalid: not null } || Differs(copy, original) || !IsOurs(copy, own) || (copy.ConfirmedFlush > original.ConfirmedFlush && !IsCopy(copy, own)))
            return null;
        return new(theirs.Node, Level: true, KeepsRows(copy, own, theirs) && Unproven(copy, original, own, theirs) is null);
    }

    /// <summary>Whether the standby keeps the rows a copy needs from being removed on the primary, at this moment.</summary>
    private static bool KeepsRows(SlotFacts copy, SlotsReport own, SlotsReport theirs) =>
        own is { Feedback: true, UpstreamSlot.Length: > 0 } && theirs[own.UpstreamSlot]?.CatalogXmin is { } held && copy.CatalogXmin is { } oldest && !Precedes(oldest, held);

    private static SlotVerdict? Refuse(SlotFacts slot, SlotsReport own, SlotsReport theirs) => (slot, own[slot.Name]) switch
    {
        ({ Invalid: { } why }, _) => Never(slot, $"it can no longer be used on {theirs.Node}: {why}"),
        ({ ConfirmedFlush: { } at }, _) when !theirs.Running && own.End is { } end && at > end =>
            Never(slot, $"its consumer stands at {at}, beyond the end of the WAL of {own.Node} at {end}: it would take for known what {own.Node} writes up to there; make the slot anew, and let its consumer begin anew"),
        ({ RestartLsn: null }, _) or ({ ConfirmedFlush: null }, _) => Never(slot, $"it is not ready on {theirs.Node} yet"),
        (_, null) when NoRoom(own) is { } why => Never(slot, why),
        (_, { } other) when Differs(other, slot) && other.Copy?.Source != theirs.Node =>
            Never(slot, $"{own.Node} has another slot of that name ({Kind(other)}, not {Kind(slot)}): drop one of them"),
        (_, { Synced: false } other) when !IsOurs(other, own) =>
            Never(slot, $"{own.Node} has a slot of that name that is no copy of pgha's: drop it there, and a copy is made; or give one of the two another name"),
        _ => null,
    };

    /// <summary>Why the node would not start with one more logical slot (fact 37), as far as it is known, or null.</summary>
    private static string? NoRoom(SlotsReport own) =>
        own.WalLevel is { } level and not "logical" ? $"wal_level is {level} on {own.Node}: its server does not start with a logical slot"
        : own.Slots.Count >= own.MaxSlots ? $"max_replication_slots is {own.MaxSlots} on {own.Node}: its server does not start with more"
        : null;

    private static SlotVerdict OnStandby(SlotFacts slot, SlotFacts? copy, SlotsReport own, SlotsReport theirs)
    {
        if (slot.Failover && own is { Major: >= 17, SyncsFailoverSlots: true })
            return ByServer(slot, copy, own);
        return copy switch
        {
            null => Missing(slot, own),
            { Synced: true } => ByServer(slot, copy, own),
            { ActivePid: { } pid } => Waits(slot, $"its copy on {own.Node} is in use by process {pid}"),
            { Invalid: { } why } => Broken(slot, own, $"its copy on {own.Node} can no longer be used: {why}"),
            _ when Differs(copy, slot) => new(slot.Name, SlotTask.Drop, $"it was made anew on {theirs.Node}, as {Kind(slot)}") { NotCarried = $"its copy on {own.Node} is of a slot that was dropped" },
            _ when copy.TwoPhase != slot.TwoPhase => Broken(slot, own, $"its copy on {own.Node} differs in two_phase"),
            _ => Level(slot, copy, own, theirs),
        };
    }

    private static SlotVerdict Level(SlotFacts slot, SlotFacts copy, SlotsReport own, SlotsReport theirs)
    {
        var to = Lsn.Min(slot.ConfirmedFlush!.Value, own.Replay ?? Lsn.Zero);
        if (copy.ConfirmedFlush > slot.ConfirmedFlush && !IsCopy(copy, own))
            return Waits(slot, $"its copy was made on {own.Node} at {copy.ConfirmedFlush} and counts once the consumer on {theirs.Node} has passed that (it is at {slot.ConfirmedFlush})");
        return copy.ConfirmedFlush < to
            ? new(slot.Name, SlotTask.Advance, $"from {copy.ConfirmedFlush} to {to}") 
            {
                To = to,
                NotCarried = own.Problems.ContainsKey(slot.Name) && Unproven(copy, slot, own, theirs) is { } why ? why + Because(slot, own) : null,
            }
            : new(slot.Name, SlotTask.Nothing, copy.ConfirmedFlush >= slot.ConfirmedFlush ? "level" : $"at {copy.ConfirmedFlush}, as far as {own.Node} has replayed")
            {
                NotCarried = Unproven(copy, slot, own, theirs),
            };
    }

    /// <summary>17 and later: the server makes and advances the copy; a former primary's own slot of that name stops it from doing so.</summary>
    private static SlotVerdict ByServer(SlotFacts slot, SlotFacts? copy, SlotsReport own) => copy switch
    {
        { Synced: true, Temporary: false, Invalid: null } => new(slot.Name, SlotTask.Nothing, $"the server keeps it level, at {copy.ConfirmedFlush}"),
        { Synced: false, ActivePid: null } => new(slot.Name, SlotTask.Drop, $"{own.Node} was primary: the server makes its copy anew") { NotCarried = $"the server of {own.Node} has yet to make its copy" },
        _ => Waits(slot, $"the server of {own.Node} has yet to make its copy"),
    };

    private static SlotVerdict Missing(SlotFacts slot, SlotsReport own) => own.Major >= 16
        ? new(slot.Name, SlotTask.Create, $"it is made on {own.Node} by SQL") { NotCarried = $"{own.Node} has no copy of it yet{Because(slot, own)}" }
        : Pending(slot, own, $"{own.Node} has no copy of it");

    private static SlotVerdict Broken(SlotFacts slot, SlotsReport own, string why) => own.Major >= 16
        ? new(slot.Name, SlotTask.Drop, $"{why}; it is made anew") { NotCarried = why }
        : Pending(slot, own, why);

    /// <summary>Before 16 a copy comes into being only while the server is down.</summary>
    private static SlotVerdict Pending(SlotFacts slot, SlotsReport own, string why) =>
        Waits(slot, $"{why}; it is placed when {own.Node} is next stopped and started, or at once by POST slots/file?restart=true there") with { NeedsStop = true };

    private static SlotVerdict WhileDown(SlotFacts slot, SlotFacts? copy, SlotsReport own, SlotsReport theirs, bool asPrimary)
    {
        if (!asPrimary && own.Major >= 16)
            return new(slot.Name, SlotTask.Nothing, copy is null ? "it is made by SQL once the server runs" : "it is advanced once the server runs");
        var usable = copy is { Invalid: null, Synced: false } && copy.TwoPhase == slot.TwoPhase && !Differs(copy, slot);
        if (usable && copy!.ConfirmedFlush >= slot.ConfirmedFlush && IsCopy(copy, own))
            return new(slot.Name, SlotTask.Nothing, $"level, at {copy.ConfirmedFlush}");
        if (usable && !asPrimary)
            return new(slot.Name, SlotTask.Nothing, "it is advanced once the server runs");
        return slot.RestartLsn < own.OldestWal
            ? Never(slot, $"it needs WAL from {slot.RestartLsn} on, and {own.Node} holds none before {own.OldestWal}")
            : new(slot.Name, SlotTask.Place, $"placed as it stands on {theirs.Node}, at {slot.ConfirmedFlush}");
    }

    private static IEnumerable<SlotVerdict> Damaged(SlotsReport own, SlotsReport theirs) =>
        from broken in theirs.Broken
        let copy = own[broken.Name]
        let why = $"its state file on {theirs.Node} is damaged{(copy is null ? "" : $"; its copy on {own.Node} stands at {copy.ConfirmedFlush}")}"
        select new SlotVerdict(broken.Name, SlotTask.Wait, why) { NotCarried = why };

    /// <summary>Copies whose original was dropped go, too: they would hold WAL for nobody. What never was a copy of that node's slot is left alone.</summary>
    private static IEnumerable<SlotVerdict> Orphans(SlotsReport own, SlotsReport theirs) =>
        from slot in own.Slots
        where IsCarried(slot) && !slot.Synced && theirs[slot.Name] is null && theirs.Running && theirs.Broken.All(b => b.Name != slot.Name)
        select slot.Copy?.Source == theirs.Node && slot.ActivePid is null
            ? new SlotVerdict(slot.Name, SlotTask.Drop, $"it was dropped on {theirs.Node}")
            : new SlotVerdict(slot.Name, SlotTask.Nothing, $"{theirs.Node} has no such slot; on {own.Node} it holds WAL from {slot.RestartLsn} on until it is dropped there");

    /// <summary>Up to 15 a standby's slot can only have come from a primary; later it may have been made on the standby, at a later position.</summary>
    private static bool IsCopy(SlotFacts copy, SlotsReport own) => own.Major < 16 || copy.Copy is { Level: true };

    /// <summary>Whether it is a copy. A slot made on a standby for a consumer of its own is never touched, whatever its name.</summary>
    public static bool IsOurs(SlotFacts copy, SlotsReport own)
    {
        ArgumentNullException.ThrowIfNull(copy);
        ArgumentNullException.ThrowIfNull(own);
        return own.Major < 16 || copy is { Synced: true } or { Copy: not null };
    }

    private static SlotVerdict Never(SlotFacts slot, string why) => new(slot.Name, SlotTask.Wait, why) { NotCarried = why };

    private static SlotVerdict Waits(SlotFacts slot, string why) => new(slot.Name, SlotTask.Wait, why) { NotCarried = why };

    private static string Because(SlotFacts slot, SlotsReport own) => own.Problems.TryGetValue(slot.Name, out var why) ? $": {why}" : "";

    private static bool Differs(SlotFacts copy, SlotFacts slot) => copy.Plugin != slot.Plugin || copy.DatabaseOid != slot.DatabaseOid;

    private static string Kind(SlotFacts slot) => slot.IsLogical ? $"{slot.Plugin} in database {slot.DatabaseOid}" : "physical";

    private static bool IsTableSync(string name) => name.StartsWith("pg_", StringComparison.Ordinal) && name.Contains("_sync_", StringComparison.Ordinal);

    /// <summary>Whether a transaction number is before another, in their circle.</summary>
    private static bool Precedes(uint a, uint b) => unchecked((int)(a - b)) < 0;
}
