using System.Buffers.Binary;
using System.Text;

namespace PgHa.Formats.Slots;

/// <summary>ReplicationSlotPersistentData (replication/slot.h), member by member, both ways.</summary>
internal static class SlotBytes
{
    private const int NameSize = 64;

    public static Parsed<SlotState> Read(ReadOnlySpan<byte> bytes, SlotLayout layout, string file)
    {
        var data = new CStruct(bytes);
        var isText = true;
        var slot = new SlotState
        {
            Layout = layout,
            Name = Text(data.Bytes(NameSize), ref isText),
            Database = data.UInt32(),
            Persistency = (SlotPersistency)data.UInt32(),
            Xmin = data.UInt32(),
            CatalogXmin = data.UInt32(),
            RestartLsn = data.Lsn(),
            InvalidatedAt = layout is { HasInvalidation: true, HasInvalidationCause: false } ? data.Lsn() : default,
            InvalidationCause = layout.HasInvalidationCause ? data.UInt32() : 0,
            ConfirmedFlush = data.Lsn(),
            TwoPhaseAt = layout.HasTwoPhase ? data.Lsn() : default,
            TwoPhase = layout.HasTwoPhase && data.Bool(),
            Plugin = Text(data.Bytes(NameSize), ref isText),
            Synced = layout.HasFailover && data.Bool(),
            Failover = layout.HasFailover && data.Bool(),
        };
        if (!isText || !SlotState.IsValidName(slot.Name))
            return new FormatError(file, SlotLayout.HeaderSize, "names of a slot and a plugin", $"\"{slot.Name}\", \"{slot.Plugin}\"");
        if (slot.Persistency > SlotPersistency.Temporary)
            return new FormatError(file, SlotLayout.HeaderSize + 68, "a persistency from 0 to 2", $"{(uint)slot.Persistency}");
        return slot;
    }

    public static void Write(SlotState slot, Span<byte> bytes)
    {
        var layout = slot.Layout;
        Encoding.ASCII.GetBytes(slot.Name, bytes);
        UInt32(bytes[64..], slot.Database);
        UInt32(bytes[68..], (uint)slot.Persistency);
        UInt32(bytes[72..], slot.Xmin);
        UInt32(bytes[76..], slot.CatalogXmin);
        UInt64(bytes[80..], slot.RestartLsn);
        if (layout.HasInvalidationCause)
            UInt32(bytes[88..], slot.InvalidationCause);
        else if (layout.HasInvalidation)
            UInt64(bytes[88..], slot.InvalidatedAt);
        var rest = bytes[(layout.HasInvalidation ? 96 : 88)..];
        UInt64(rest, slot.ConfirmedFlush);
        WriteEnd(slot, rest[8..]);
    }

    private static void WriteEnd(SlotState slot, Span<byte> rest)
    {
        if (slot.Layout.HasTwoPhase)
        {
            UInt64(rest, slot.TwoPhaseAt);
            rest[8] = (byte)(slot.TwoPhase ? 1 : 0);
            rest = rest[9..];
        }
        Encoding.ASCII.GetBytes(slot.Plugin, rest);
        if (!slot.Layout.HasFailover)
            return;
        rest[NameSize] = (byte)(slot.Synced ? 1 : 0);
        rest[NameSize + 1] = (byte)(slot.Failover ? 1 : 0);
    }

    private static void UInt32(Span<byte> at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(at, value);

    private static void UInt64(Span<byte> at, Lsn value) => BinaryPrimitives.WriteUInt64LittleEndian(at, value.Value);

    /// <summary>A NameData: text up to the first zero, and no longer than 63 bytes.</summary>
    private static string Text(ReadOnlySpan<byte> bytes, ref bool isText)
    {
        var end = bytes.IndexOf((byte)0);
        if (end >= 0 && Ascii.IsValid(bytes[..end]))
            return Encoding.ASCII.GetString(bytes[..end]);
        isText = false;
        return "";
    }
}
