namespace PgHa.Formats.Slots;

/// <summary>How long a slot lives (ReplicationSlotPersistency, replication/slot.h).</summary>
public enum SlotPersistency
{
    /// <summary>Until it is dropped.</summary>
    Persistent,

    /// <summary>Being made: dropped at a crash or error.</summary>
    Ephemeral,

    /// <summary>Until its session ends.</summary>
    Temporary,
}
