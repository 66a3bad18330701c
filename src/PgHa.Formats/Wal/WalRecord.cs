using System.Diagnostics.CodeAnalysis;

namespace PgHa.Formats.Wal;

/// <summary>A record taken apart (DecodeXLogRecord in access/transam/xlogreader.c). It points to the record's header and bytes.</summary>
public readonly ref struct WalRecord
{
    private readonly ref readonly WalRecordHeader _header;
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly int _payload;
    private readonly int _mainLength;
    private readonly int _major;

    private WalRecord(in WalRecordHeader header, ReadOnlySpan<byte> bytes, int major, scoped in WalRecordLayout layout)
    {
        _header = ref header;
        (_major, _payload, _mainLength) = (major, layout.Payload, layout.MainLength);
        (BlockCount, ImageLength, Origin, TopLevelXid) = (layout.Blocks, layout.ImageLength, layout.Origin, layout.TopLevelXid);
        _bytes = bytes;
    }

    /// <summary>The record's header.</summary>
    public ref readonly WalRecordHeader Header => ref _header;

    /// <summary>The number of block references.</summary>
    public int BlockCount { get; }

    /// <summary>The bytes that all its full-page images take in the record.</summary>
    public int ImageLength { get; }

    /// <summary>The replication origin that the change came from; zero when it is local.</summary>
    public ushort Origin { get; }

    /// <summary>The top-level transaction, where wal_level logical noted it; otherwise zero.</summary>
    public uint TopLevelXid { get; }

    /// <summary>The bytes that belong to no block.</summary>
    public ReadOnlySpan<byte> MainData => _bytes[(_bytes.Length - _mainLength)..];

    /// <summary>The operation's name as pg_waldump prints it, for example INSERT+INIT.</summary>
    public string Operation => WalOperation.NameOf(Header.Rmgr, Header.Info, _major);

    /// <summary>Takes a record apart.</summary>
    /// <param name="header">Its header.</param>
    /// <param name="bytes">All its bytes, header included.</param>
    /// <param name="major">The major version of PostgreSQL that wrote it.</param>
    /// <param name="record">The record.</param>
    /// <param name="error">What is wrong with it; the offset counts from the record's start.</param>
    public static bool TryRead(
        in WalRecordHeader header, ReadOnlySpan<byte> bytes, int major,
        out WalRecord record, [NotNullWhen(false)] out FormatError? error)
    {
        var layout = default(WalRecordLayout);
        error = layout.Read(header, bytes, major);
        record = error is null ? new WalRecord(header, bytes, major, layout) : default;
        return error is null;
    }

    /// <summary>How many bytes of a record are full-page images; for counting it is quicker than to take the record apart.</summary>
    /// <param name="header">Its header.</param>
    /// <param name="bytes">All its bytes, header included.</param>
    /// <param name="major">The major version of PostgreSQL that wrote it.</param>
    /// <param name="length">The number of bytes.</param>
    /// <param name="error">What is wrong with the record, as <see cref="TryRead"/> finds it.</param>
    public static bool TryReadImageLength(
        in WalRecordHeader header, ReadOnlySpan<byte> bytes, int major, out int length, [NotNullWhen(false)] out FormatError? error)
    {
        var layout = default(WalRecordLayout);
        error = layout.Read(header, bytes, major);
        length = layout.ImageLength;
        return error is null;
    }

    /// <summary>Goes through the block references.</summary>
    public WalBlockEnumerator GetEnumerator() => new(_bytes, _payload, BlockCount, _major);
}
