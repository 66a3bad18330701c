using System.Diagnostics.CodeAnalysis;

namespace PgHa.Formats.Wal;

/// <summary>A record taken apart (DecodeXLogRecord in access/transam/xlogreader.c). It points into the record's bytes.</summary>
public readonly ref struct WalRecord
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly int _payload;
    private readonly int _major;

    private WalRecord(scoped in WalRecordHeader header, ReadOnlySpan<byte> bytes, int major, scoped in WalRecordLayout layout)
    {
        (Header, _major, _payload) = (header, major, layout.Payload);
        (BlockCount, ImageLength, Origin, TopLevelXid) = (layout.Blocks, layout.ImageLength, layout.Origin, layout.TopLevelXid);
        _bytes = bytes;
        MainData = bytes[(bytes.Length - layout.MainLength)..];
    }

    /// <summary>The record's header.</summary>
    public WalRecordHeader Header { get; }

    /// <summary>The number of block references.</summary>
    public int BlockCount { get; }

    /// <summary>The bytes that all its full-page images take in the record.</summary>
    public int ImageLength { get; }

    /// <summary>The replication origin that the change came from; zero when it is local.</summary>
    public ushort Origin { get; }

    /// <summary>The top-level transaction, where wal_level logical noted it; otherwise zero.</summary>
    public uint TopLevelXid { get; }

    /// <summary>The bytes that belong to no block.</summary>
    public ReadOnlySpan<byte> MainData { get; }

    /// <summary>The operation's name as pg_waldump prints it, for example INSERT+INIT.</summary>
    public string Operation => WalOperation.NameOf(Header.Rmgr, Header.Info, _major);

    /// <summary>Takes a record apart.</summary>
    /// <param name="header">Its header.</param>
    /// <param name="bytes">All its bytes, header included.</param>
    /// <param name="major">The major version of PostgreSQL that wrote it.</param>
    /// <param name="record">The record.</param>
    /// <param name="error">What is wrong with it; the offset counts from the record's start.</param>
    public static bool TryRead(
        scoped in WalRecordHeader header, ReadOnlySpan<byte> bytes, int major,
        out WalRecord record, [NotNullWhen(false)] out FormatError? error)
    {
        record = default;
        var layout = default(WalRecordLayout);
        var wrong = bytes.Length < WalRecordHeader.Size ? "a header cut off" : layout.Read(bytes, major);
        error = wrong is null ? null : new FormatError($"WAL record at {header.Lsn}", layout.Payload, "the parts of a record", wrong);
        if (wrong is null)
            record = new WalRecord(header, bytes, major, layout);
        return wrong is null;
    }

    /// <summary>Goes through the block references.</summary>
    public WalBlockEnumerator GetEnumerator() => new(_bytes, _payload, BlockCount, _major);
}
