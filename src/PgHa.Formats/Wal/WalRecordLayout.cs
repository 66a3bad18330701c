using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace PgHa.Formats.Wal;

/// <summary>Where the parts lie, found in one pass over the headers. All lengths are checked against the record's.</summary>
internal struct WalRecordLayout
{
    public const byte OriginId = 253, MaxBlockId = 32;
    private const byte DataShort = 255, DataLong = 254, TopLevelXidId = 252;

    /// <summary>Where the headers end and the data begins.</summary>
    public int Payload;

    public int Blocks, MainLength, ImageLength;
    public ushort Origin;
    public uint TopLevelXid;
    private long _dataLength;
    private bool _hasMain;

    /// <summary>Reads the headers of all parts.</summary>
    /// <returns>Null, or what is wrong; the offset counts from the record's start.</returns>
    public FormatError? Read(in WalRecordHeader header, ReadOnlySpan<byte> bytes, int major)
    {
        var wrong = bytes.Length < WalRecordHeader.Size ? "a header cut off" : Read(bytes, major);
        return wrong is null ? null : new FormatError($"WAL record at {header.Lsn}", Payload, "the parts of a record", wrong);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private string? Read(ReadOnlySpan<byte> bytes, int major)
    {
        Payload = WalRecordHeader.Size;
        var block = default(WalBlockHeader);
        // The main data's header is always the last one.
        while (!_hasMain && bytes.Length - Payload > _dataLength)
        {
            var rest = bytes[Payload..];
            var wrong = rest[0] <= MaxBlockId ? ReadBlock(ref block, rest, major) : ReadPart(rest);
            if (wrong is not null)
                return wrong;
        }
        return bytes.Length - Payload == _dataLength ? null
            : $"{bytes.Length - Payload} bytes of data where the headers say {_dataLength}";
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private string? ReadPart(ReadOnlySpan<byte> rest)
    {
        var id = rest[0];
        var size = id switch { DataShort => 2, OriginId => 3, DataLong or TopLevelXidId => 5, _ => 0 };
        if (size == 0)
            return $"part {id}";
        if (rest.Length < size)
            return "a part cut off";
        Payload += size;
        if (id == DataShort)
            return ReadMain(rest[1], rest.Length);
        if (id == DataLong)
            return ReadMain(BinaryPrimitives.ReadUInt32LittleEndian(rest[1..]), rest.Length);
        if (id == OriginId)
            Origin = BinaryPrimitives.ReadUInt16LittleEndian(rest[1..]);
        else
            TopLevelXid = BinaryPrimitives.ReadUInt32LittleEndian(rest[1..]);
        return null;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private string? ReadMain(uint length, int rest)
    {
        if (length > rest)
            return $"main data of {length} bytes";
        _hasMain = true;
        MainLength = (int)length;
        _dataLength += length;
        return null;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private string? ReadBlock(ref WalBlockHeader header, ReadOnlySpan<byte> rest, int major)
    {
        var lastId = Blocks == 0 ? -1 : header.Id;
        if (header.ReadSizes(rest, major) is { } wrong)
            return wrong;
        if (header.Id <= lastId)
            return $"block {header.Id} after block {lastId}";
        _dataLength += header.DataLength + header.ImageLength;
        ImageLength += header.ImageLength;
        Payload += header.Size;
        Blocks++;
        return null;
    }
}
