using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace PgHa.Formats.Wal;

/// <summary>
/// The header of a block reference (XLogRecordBlockHeader and what follows it, access/xlogrecord.h). One value reads all
/// headers of a record, in their order: a block may share the relation of the one before.
/// </summary>
internal struct WalBlockHeader
{
    private const byte HasImageFlag = 0x10, HasDataFlag = 0x20, SameRelation = 0x80;
    private bool _hasRelation;

    public byte Id, Flags, ImageInfo;
    public ushort DataLength, HoleOffset, HoleLength;
    public RelationId Relation;
    public uint Block;

    /// <summary>Bytes of the image in the record; zero without one.</summary>
    public ushort ImageLength;

    /// <summary>The size of the header itself in bytes.</summary>
    public int Size;

    /// <summary>What is known of the full-page image; null without one.</summary>
    public readonly PageImage? ImageOf(int major)
    {
        var (_, apply, compression) = Flagged(ImageInfo, major);
        return ImageLength == 0 ? null : new PageImage(ImageLength, HoleOffset, HoleLength, compression, apply);
    }

    /// <summary>Reads the header at the beginning of some bytes.</summary>
    /// <param name="bytes">What is left of the record.</param>
    /// <param name="major">The major version, which decides on the flags of images.</param>
    /// <returns>Null, or what is wrong.</returns>
    public string? Read(ReadOnlySpan<byte> bytes, int major)
    {
        var wrong = ReadSizes(bytes, major);
        if (wrong is null)
            ReadPlace(bytes);
        return wrong;
    }

    /// <summary>Reads all but relation and block: enough to know where the record's parts lie.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public string? ReadSizes(ReadOnlySpan<byte> bytes, int major)
    {
        if (bytes.Length < 4)
            return "a block header cut off";
        var word = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        (Id, Flags, DataLength) = ((byte)word, (byte)(word >> 8), (ushort)(word >> 16));
        if ((Flags & HasDataFlag) != 0 != DataLength > 0)
            return $"block data of {DataLength} bytes with flags {Flags:X2}";
        if ((Flags & 0x0F) > (int)ForkName.Init)
            return $"fork {Flags & 0x0F}";
        Size = 4;
        ImageLength = 0;
        if ((Flags & HasImageFlag) != 0 && ReadImage(bytes, major) is { } wrong)
            return wrong;
        var same = (Flags & SameRelation) != 0;
        if (same && !_hasRelation)
            return "the relation of a block before, but there is none";
        Size += same ? 4 : 16;
        _hasRelation = true;
        return bytes.Length < Size ? "a block header cut off" : null;
    }

    private void ReadPlace(ReadOnlySpan<byte> bytes)
    {
        if ((Flags & SameRelation) == 0)
            Relation = new RelationId(
                BinaryPrimitives.ReadUInt32LittleEndian(bytes[(Size - 16)..]),
                BinaryPrimitives.ReadUInt32LittleEndian(bytes[(Size - 12)..]),
                BinaryPrimitives.ReadUInt32LittleEndian(bytes[(Size - 8)..]));
        Block = BinaryPrimitives.ReadUInt32LittleEndian(bytes[(Size - 4)..]);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private string? ReadImage(ReadOnlySpan<byte> bytes, int major)
    {
        if (bytes.Length < Size + 7)
            return "an image header cut off";
        ImageLength = BinaryPrimitives.ReadUInt16LittleEndian(bytes[Size..]);
        HoleOffset = BinaryPrimitives.ReadUInt16LittleEndian(bytes[(Size + 2)..]);
        ImageInfo = bytes[Size + 4];
        Size += 5;
        var (hasHole, _, compression) = Flagged(ImageInfo, major);
        var compressed = compression != ImageCompression.None;
        var hole = compressed ? 0 : PageImage.PageSize - ImageLength;
        if (compressed && hasHole)
        {
            hole = BinaryPrimitives.ReadUInt16LittleEndian(bytes[Size..]);
            Size += 2;
        }
        var whole = ImageLength == PageImage.PageSize;
        if (hasHole != (HoleOffset > 0 && hole > 0) || (!hasHole && (HoleOffset > 0 || hole != 0))
            || (whole && (hasHole || compressed)) || ImageLength == 0 || hole < 0 || HoleOffset + hole > PageImage.PageSize)
            return $"an image of {ImageLength} bytes with a hole of {hole} bytes at {HoleOffset} and flags {ImageInfo:X2}";
        HoleLength = (ushort)hole;
        return null;
    }

    // 15 brought lz4 and zstd and moved the flags.
    private static (bool HasHole, bool Apply, ImageCompression Compression) Flagged(byte info, int major) => major < 15
        ? ((info & 1) != 0, (info & 4) != 0, (info & 2) != 0 ? ImageCompression.Pglz : ImageCompression.None)
        : ((info & 1) != 0, (info & 2) != 0, (info & 4) != 0 ? ImageCompression.Pglz
            : (info & 8) != 0 ? ImageCompression.Lz4 : (info & 16) != 0 ? ImageCompression.Zstd : ImageCompression.None);
}
