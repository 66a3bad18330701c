namespace PgHa.Formats.Slots;

/// <summary>
/// How a state file is laid out (ReplicationSlotOnDisk, replication/slot.c): version and length fields together tell.
/// 10 to 12 are (2, 160), 13 is (2, 168), 14 and 15 are (2, 184), 16 is (3, 184), 17 and 18 are (5, 184).
/// </summary>
/// <param name="Version">The version field.</param>
/// <param name="Length">The length field: the bytes that follow it.</param>
public readonly record struct SlotLayout(uint Version, uint Length)
{
    /// <summary>The bytes before the length counts: magic, checksum, version, length.</summary>
    internal const int HeaderSize = 16;

    /// <summary>The size of the whole file in bytes.</summary>
    public int FileSize => HeaderSize + (int)Length;

    /// <summary>Whether this is a layout of PostgreSQL 10 to 18.</summary>
    public bool IsKnown => (Version, Length) is (2, 160 or 168 or 184) or (3 or 5, 184);

    internal bool HasInvalidation => Length > 160;

    // Up to 15 a slot kept the restart_lsn that it lost, from 16 on the cause.
    internal bool HasInvalidationCause => Version >= 3;

    internal bool HasTwoPhase => Length >= 184;

    internal bool HasFailover => Version >= 5;

    /// <summary>The layout that a major version writes and accepts; null for versions before 10 and after 18.</summary>
    public static SlotLayout? Of(int major) => major switch
    {
        >= 10 and <= 12 => new SlotLayout(2, 160),
        13 => new SlotLayout(2, 168),
        14 or 15 => new SlotLayout(2, 184),
        16 => new SlotLayout(3, 184),
        17 or 18 => new SlotLayout(5, 184),
        _ => null,
    };
}
