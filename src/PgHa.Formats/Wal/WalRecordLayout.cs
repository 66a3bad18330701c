using System.Buffers.Binary;

namespace PgHa.Formats.Wal;

/// <summary>Where the parts lie, found in one pass over the headers. All lengths are checked against the record's.</summary>
internal struct WalRecordLayout
{
    public const byte OriginId = 253, MaxBlockId = 32;
    private const byte DataShort = 255, DataLong = 254, TopLevelXidId = 252;
    public int Payload, Blocks, MainLength;
    public ushort Origin;
    public uint TopLevelXid;
    private long _dataLength;
    private int _lastId;
    private RelationId? _relation;

    public string? Read(ReadOnlySpan<byte> bytes, int major)
    {
        _lastId = -1;
        // The main data's header is always the last one.
        for (var isLast = false; !isLast && bytes.Length - Payload > _dataLength;)
            if (ReadPart(bytes[Payload..], major, out isLast) is { } wrong)
                return wrong;
        return bytes.Length - Payload == _dataLength ? null
            : $"{bytes.Length - Payload} bytes of data where the headers say {_dataLength}";
    }

    private string? ReadPart(ReadOnlySpan<byte> rest, int major, out bool isLast)
    {
        var id = rest[0];
        isLast = id is DataShort or DataLong;
        var size = id switch { DataShort => 2, OriginId => 3, DataLong or TopLevelXidId => 5, <= MaxBlockId => 1, _ => 0 };
        if (size == 0)
            return $"part {id}";
        if (rest.Length < size)
            return "a part cut off";
        if (id <= MaxBlockId)
            return ReadBlock(rest, major);
        Payload += size;
        if (id == OriginId)
            Origin = BinaryPrimitives.ReadUInt16LittleEndian(rest[1..]);
        else if (id == TopLevelXidId)
            TopLevelXid = BinaryPrimitives.ReadUInt32LittleEndian(rest[1..]);
        else
            return ReadMain(id == DataShort ? rest[1] : BinaryPrimitives.ReadUInt32LittleEndian(rest[1..]), rest.Length);
        return null;
    }

    private string? ReadMain(uint length, int rest)
    {
        if (length > rest)
            return $"main data of {length} bytes";
        MainLength = (int)length;
        _dataLength += length;
        return null;
    }

    private string? ReadBlock(ReadOnlySpan<byte> rest, int major)
    {
        if (WalBlockHeader.TryRead(rest, _relation, major, out var header) is { } wrong)
            return wrong;
        if (header.Id <= _lastId)
            return $"block {header.Id} after block {_lastId}";
        (_lastId, _relation) = (header.Id, header.Relation);
        _dataLength += header.DataLength + (header.Image?.Length ?? 0);
        Payload += header.Size;
        Blocks++;
        return null;
    }
}
