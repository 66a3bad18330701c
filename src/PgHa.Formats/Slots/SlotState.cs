using System.Buffers.Binary;

namespace PgHa.Formats.Slots;

/// <summary>
/// A replication slot as pg_replslot/NAME/state keeps it (ReplicationSlotOnDisk, replication/slot.c).
/// On a running server the file lags behind memory; a server that finds a wrong file does not start.
/// </summary>
public sealed record SlotState
{
    /// <summary>The first four bytes of the file (SLOT_MAGIC).</summary>
    public const uint Magic = 0x1051CA1;

    /// <summary>The slot's name.</summary>
    public required string Name { get; init; }

    /// <summary>The database's OID of a logical slot; zero for a physical one.</summary>
    public uint Database { get; init; }

    /// <summary>How long the slot lives.</summary>
    public SlotPersistency Persistency { get; init; }

    /// <summary>The oldest transaction whose rows the slot needs; zero for none.</summary>
    public uint Xmin { get; init; }

    /// <summary>The oldest transaction whose catalog rows the slot needs; zero for none.</summary>
    public uint CatalogXmin { get; init; }

    /// <summary>The oldest WAL that the slot needs; zero for none.</summary>
    public Lsn RestartLsn { get; init; }

    /// <summary>13 to 15: the restart_lsn of a slot that lost its WAL; otherwise zero.</summary>
    public Lsn InvalidatedAt { get; init; }

    /// <summary>16 and later: why the slot is invalid (ReplicationSlotInvalidationCause); zero when it is valid.</summary>
    public uint InvalidationCause { get; init; }

    /// <summary>Up to where a logical slot's consumer has confirmed; zero for a physical slot.</summary>
    public Lsn ConfirmedFlush { get; init; }

    /// <summary>14 and later: from where on prepared transactions are decoded; zero for none.</summary>
    public Lsn TwoPhaseAt { get; init; }

    /// <summary>14 and later: whether prepared transactions are decoded.</summary>
    public bool TwoPhase { get; init; }

    /// <summary>The output plugin of a logical slot; empty for a physical one.</summary>
    public string Plugin { get; init; } = "";

    /// <summary>17 and later: the slot is a copy that follows the primary's.</summary>
    public bool Synced { get; init; }

    /// <summary>17 and later: standbys shall copy the slot.</summary>
    public bool Failover { get; init; }

    /// <summary>The layout it was read from, and will be written in.</summary>
    public required SlotLayout Layout { get; init; }

    /// <summary>Whether it is a logical slot.</summary>
    public bool IsLogical => Database != 0;

    /// <summary>Reads a state file.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="file">Its name, for errors.</param>
    public static Parsed<SlotState> Read(ReadOnlySpan<byte> bytes, string file)
    {
        if (bytes.Length < SlotLayout.HeaderSize)
            return new FormatError(file, bytes.Length, "a slot's state", $"only {bytes.Length} bytes");
        var magic = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        if (magic != Magic)
            return new FormatError(file, 0, $"magic {Magic:X}", $"{magic:X}");
        var layout = new SlotLayout(
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]), BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]));
        if (!layout.IsKnown)
            return new FormatError(file, 8, "a version and length of PostgreSQL 10 to 18", $"{layout.Version} and {layout.Length}");
        if (bytes.Length != layout.FileSize)
            return new FormatError(file, bytes.Length, $"{layout.FileSize} bytes", $"{bytes.Length}");
        var stored = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        var crc = Crc32C.Compute(bytes[8..]);
        return crc == stored
            ? SlotBytes.Read(bytes[SlotLayout.HeaderSize..], layout, file)
            : new FormatError(file, 4, $"CRC-32C {crc:x8}", $"{stored:x8}");
    }

    /// <summary>Makes the state file's bytes in the <see cref="Layout"/>, which must be the one of the server's major version.</summary>
    /// <exception cref="InvalidOperationException">A name no server takes, or a layout that is not known.</exception>
    public byte[] ToBytes()
    {
        if (!IsValidName(Name) || !Layout.IsKnown || Plugin.Length > 63 || !System.Text.Ascii.IsValid(Plugin) || Plugin.Contains('\0'))
            throw new InvalidOperationException($"slot '{Name}' cannot be written in layout {Layout}");
        var bytes = new byte[Layout.FileSize];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), Layout.Version);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(12), Layout.Length);
        SlotBytes.Write(this, bytes.AsSpan(SlotLayout.HeaderSize));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), Crc32C.Compute(bytes.AsSpan(8)));
        return bytes;
    }

    /// <summary>Whether a server takes this as a slot's name: 1 to 63 of a-z, 0-9 and underscore. It is also a folder's name.</summary>
    public static bool IsValidName(string? name) =>
        name is { Length: >= 1 and <= 63 } && name.All(c => c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '_');
}
