using System.Buffers.Binary;

namespace PgHa.Formats.Wal;

/// <summary>The header of a block reference (XLogRecordBlockHeader and what follows it, access/xlogrecord.h).</summary>
internal readonly record struct WalBlockHeader(
    byte Id, byte Flags, ushort DataLength, PageImage? Image, RelationId Relation, uint Block, int Size)
{
    private const byte HasImage = 0x10, HasData = 0x20, SameRelation = 0x80;

    /// <summary>Reads the header at the beginning of some bytes.</summary>
    /// <param name="bytes">What is left of the record.</param>
    /// <param name="previous">The relation of the block reference before, which this one may share.</param>
    /// <param name="major">The major version, which decides on the flags of images.</param>
    /// <param name="header">The header.</param>
    /// <returns>Null, or what is wrong.</returns>
    public static string? TryRead(ReadOnlySpan<byte> bytes, RelationId? previous, int major, out WalBlockHeader header)
    {
        header = default;
        if (bytes.Length < 4)
            return "a block header cut off";
        var (id, flags, dataLength) = (bytes[0], bytes[1], BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]));
        if ((flags & HasData) != 0 != dataLength > 0)
            return $"block data of {dataLength} bytes with flags {flags:X2}";
        if ((flags & 0x0F) > (int)ForkName.Init)
            return $"fork {flags & 0x0F}";
        var at = 4;
        PageImage? image = null;
        if ((flags & HasImage) != 0 && ReadImage(bytes, major, ref at, out image) is { } wrong)
            return wrong;
        var same = (flags & SameRelation) != 0;
        if (same && previous is null)
            return "the relation of a block before, but there is none";
        if (bytes.Length < at + (same ? 4 : 16))
            return "a block header cut off";
        var relation = same ? previous!.Value : ReadRelation(bytes, ref at);
        header = new WalBlockHeader(
            id, flags, dataLength, image, relation, BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]), at + 4);
        return null;
    }

    private static RelationId ReadRelation(ReadOnlySpan<byte> bytes, ref int at)
    {
        at += 12;
        return new RelationId(
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[(at - 12)..]),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[(at - 8)..]),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[(at - 4)..]));
    }

    private static string? ReadImage(ReadOnlySpan<byte> bytes, int major, ref int at, out PageImage? image)
    {
        image = null;
        if (bytes.Length < at + 7)
            return "an image header cut off";
        var length = BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);
        var holeOffset = BinaryPrimitives.ReadUInt16LittleEndian(bytes[(at + 2)..]);
        var info = bytes[at + 4];
        at += 5;
        var (hasHole, apply, compression) = Flagged(info, major);
        var compressed = compression != ImageCompression.None;
        var hole = compressed ? 0 : PageImage.PageSize - length;
        if (compressed && hasHole)
        {
            hole = BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);
            at += 2;
        }
        var whole = length == PageImage.PageSize;
        if (hasHole != (holeOffset > 0 && hole > 0) || (!hasHole && (holeOffset > 0 || hole != 0))
            || (whole && (hasHole || compressed)) || length == 0 || hole < 0 || holeOffset + hole > PageImage.PageSize)
            return $"an image of {length} bytes with a hole of {hole} bytes at {holeOffset} and flags {info:X2}";
        image = new PageImage(length, holeOffset, (ushort)hole, compression, apply);
        return null;
    }

    // 15 brought lz4 and zstd and moved the flags.
    private static (bool HasHole, bool Apply, ImageCompression Compression) Flagged(byte info, int major) => major < 15
        ? ((info & 1) != 0, (info & 4) != 0, (info & 2) != 0 ? ImageCompression.Pglz : ImageCompression.None)
        : ((info & 1) != 0, (info & 2) != 0, (info & 4) != 0 ? ImageCompression.Pglz
            : (info & 8) != 0 ? ImageCompression.Lz4 : (info & 16) != 0 ? ImageCompression.Zstd : ImageCompression.None);
}
