namespace PgHa.Agent.Leadership;

/// <summary>A WAL sender, as the primary shows it.</summary>
/// <param name="Name">What its standby calls itself.</param>
/// <param name="Flush">What that has reported as flushed; 0: nothing yet.</param>
/// <param name="Counts">Its standby counts under the setting that it uses: it may let commits go on, now or with its next report.</param>
public sealed record SyncSender(string Name, ulong Flush, bool Counts);

/// <summary>
/// The proof that no WAL sender uses an older setting than the one that a new connection shows. The postmaster has signalled all its children before it starts that
/// connection; a WAL sender reads its settings anew before it hears of a flush of WAL that was written after that. Immutable, pure.
/// </summary>
/// <param name="Setting">The setting that is to be proven.</param>
/// <param name="Marker">The end of a WAL record that was written when a new connection had shown it; null: none yet.</param>
/// <param name="Proven">All WAL senders that count have reported a flush behind it since.</param>
/// <param name="Level">
/// The end of a WAL record that was written when that was proven, and the revision at which the record stood then; null: none. Whoever has flushed it has all that was
/// acknowledged under another setting; a WAL sender whose standby is gone never shows it.
/// </param>
public sealed record SyncProof(SyncSet Setting, ulong? Marker, bool Proven, (long Revision, ulong Position)? Level)
{
    /// <summary>Nothing is proven yet.</summary>
    public static SyncProof Of(SyncSet setting) => new(setting, null, false, null);

    /// <summary>After a look at the primary.</summary>
    /// <param name="inForce">What a new connection shows.</param>
    /// <param name="revision">The revision of the record, read before: a standby may have been replaced since another one.</param>
    /// <param name="senders">The WAL senders.</param>
    public SyncProof After(SyncSet inForce, long revision, IReadOnlyCollection<SyncSender> senders) =>
        inForce != Setting ? Of(inForce) : this with
        {
            Proven = Proven || (Marker is { } marker && senders.All(s => !s.Counts || s.Flush >= marker)),
            Level = Level?.Revision == revision ? Level : null,
        };

    /// <summary>The standbys that have all that was acknowledged before.</summary>
    public IReadOnlyCollection<string> LevelOf(IReadOnlyCollection<SyncSender> senders) =>
        Level is not var (_, position) ? [] : [.. senders.Where(s => s.Flush >= position).Select(s => s.Name).Distinct()];
}
