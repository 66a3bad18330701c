namespace PgHa.Agent.Leadership;

/// <summary>What the holder of the record knows of its synchronous replication at one moment. Immutable.</summary>
public sealed record SyncSight
{
    /// <summary>The holder: this node, which serves.</summary>
    public required string Node { get; init; }

    /// <summary>Its epoch.</summary>
    public required long Epoch { get; init; }

    /// <summary>What stands in etcd; null: nothing.</summary>
    public SyncRecord? Record { get; init; }

    /// <summary>The setting that a new connection shows. WAL senders may still use an older one.</summary>
    public required SyncSet InForce { get; init; }

    /// <summary>The setting that there should be.</summary>
    public required SyncSet Wanted { get; init; }

    /// <summary>No WAL sender uses an older setting any more.</summary>
    public bool Proven { get; init; }

    /// <summary>The standbys that have flushed all that was acknowledged before that was proven, and before the record became what it is.</summary>
    public IReadOnlyCollection<string> Level { get; init; } = [];
}

/// <summary>The next step.</summary>
public abstract record SyncStep
{
    private SyncStep()
    {
    }

    /// <summary>All is as it should be.</summary>
    public sealed record None : SyncStep;

    /// <summary>Write the record, where what was seen still stands.</summary>
    /// <param name="Record">The record.</param>
    public sealed record Write(SyncRecord Record) : SyncStep;

    /// <summary>Give PostgreSQL a setting.</summary>
    /// <param name="Setting">The setting.</param>
    public sealed record Order(SyncSet Setting) : SyncStep;

    /// <summary>Show that no WAL sender uses an older setting: write a WAL record, and wait until each has reported a flush behind it.</summary>
    public sealed record Prove : SyncStep;

    /// <summary>Wait until so many standbys have flushed what was acknowledged.</summary>
    public sealed record Await : SyncStep;
}

/// <summary>
/// How the record and PostgreSQL's setting come from what they are to what they should be, one step at a time. At every instant, and wherever it is interrupted, each set
/// of nodes that can elect under the record meets each set that can have acknowledged: the stricter record first, then PostgreSQL, and the record is relaxed only when every
/// WAL sender has the new setting and the voters have what was acknowledged before. Pure.
/// </summary>
public static class SyncTransitions
{
    /// <summary>The next step.</summary>
    public static SyncStep Next(SyncSight sight)
    {
        ArgumentNullException.ThrowIfNull(sight);
        if (sight.Record is { } later && later.Epoch > sight.Epoch)
            return new SyncStep.None(); // another node has taken the record: this turn is over, and changes nothing any more
        if (sight.Record is not { GivenUp: false } record || record.Holder != sight.Node)
            return new SyncStep.Write(SyncRecord.First(sight.Node, sight.Epoch));
        if (record.Epoch != sight.Epoch)
            return new SyncStep.Write(record with { Epoch = sight.Epoch });
        if (!record.Set.Covers(sight.InForce)) // somebody else has changed the setting
            return new SyncStep.Write(record with { Set = new(record.Set.Voters, Math.Max(0, sight.InForce.Needed - sight.InForce.Voters.Except(record.Set.Voters).Count())) });
        return sight.InForce == sight.Wanted ? Relax(sight, record) : Change(sight, record);
    }

    /// <summary>What WAL senders may use besides must be known before another setting comes; where the record counts on no standby it is no matter.</summary>
    private static SyncStep Change(SyncSight sight, SyncRecord record)
    {
        if (record.Set.Needed == 0)
            return new SyncStep.Order(sight.Wanted);
        if (!sight.Proven)
            return new SyncStep.Prove();
        var both = record.Set.With(sight.InForce).With(sight.Wanted);
        return both == record.Set ? new SyncStep.Order(sight.Wanted) : new SyncStep.Write(record with { Set = both });
    }

    private static SyncStep Relax(SyncSight sight, SyncRecord record) =>
        record.Set == sight.Wanted ? new SyncStep.None()
        : !sight.Proven ? new SyncStep.Prove()
        : sight.Wanted.Voters.Count(sight.Level.Contains) < sight.Wanted.Needed ? new SyncStep.Await()
        : new SyncStep.Write(record with { Set = sight.Wanted });
}
