using System.Buffers.Binary;
using PgHa.Formats.Wal;

namespace PgHa.Formats.Tests.Support;

/// <summary>Writes WAL as a server does, for tests that need odd lengths and damaged places without a server.</summary>
internal sealed class WalForge
{
    public const uint SegmentSize = 1 << 20;
    public const ulong SystemIdentifier = 0x1122334455667788;
    private const int PageSize = 8192;
    private readonly List<byte> _bytes = [];
    private readonly ushort _magic;
    private readonly uint _timeline;

    public WalForge(ushort magic = 0xD110, ulong startSegment = 1, uint timeline = 1)
    {
        (_magic, _timeline, Start) = (magic, timeline, new Lsn(startSegment * SegmentSize));
        Pad(0);
    }

    /// <summary>Where the WAL begins: a segment's start.</summary>
    public Lsn Start { get; }

    public Lsn End => Start + (ulong)_bytes.Count;

    public List<Lsn> Records { get; } = [];

    public byte[] Bytes => [.. _bytes];

    /// <summary>Appends a record and gives its start.</summary>
    public Lsn Append(byte rmgr, byte info, ReadOnlySpan<byte> body, uint xid = 0)
    {
        var record = new byte[24 + body.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(record, (uint)record.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(4), xid);
        BinaryPrimitives.WriteUInt64LittleEndian(record.AsSpan(8), Records.Count == 0 ? 0 : Records[^1].Value);
        (record[16], record[17]) = (info, rmgr);
        body.CopyTo(record.AsSpan(24));
        BinaryPrimitives.WriteUInt32LittleEndian(
            record.AsSpan(20), Crc32C.Append(Crc32C.Compute(record.AsSpan(24)), record.AsSpan(0, 20)));
        Pad(0);
        var start = End;
        for (var at = 0; at < record.Length;)
        {
            Pad((uint)(record.Length - at));
            var take = Math.Min(record.Length - at, PageSize - (_bytes.Count % PageSize));
            _bytes.AddRange(record.AsSpan(at, take));
            at += take;
        }
        while (_bytes.Count % 8 != 0)
            _bytes.Add(0);
        Records.Add(start);
        return start;
    }

    /// <summary>Cuts a record off at a page's end, as a crash does, and goes on as the server after it: with a page that says so.</summary>
    public void CutLast(int keepPages)
    {
        var start = Records[^1];
        Records.RemoveAt(Records.Count - 1);
        var keep = ((int)(start - Start) / PageSize + keepPages) * PageSize;
        _bytes.RemoveRange(keep, _bytes.Count - keep);
        PageHeader(0, 8);
        byte[] body = [255, 16, .. new byte[16]];
        BinaryPrimitives.WriteUInt64LittleEndian(body.AsSpan(2), start.Value);
        Append(0, 0xD0, body);
    }

    /// <summary>Bytes at a position of this WAL; nothing outside.</summary>
    public static ReadWal Source(byte[] bytes, Lsn start) => (at, buffer) =>
    {
        if (at < start || at - start >= (ulong)bytes.Length)
            return 0;
        var rest = bytes.AsSpan((int)(at - start));
        var count = Math.Min(rest.Length, buffer.Length);
        rest[..count].CopyTo(buffer);
        return count;
    };

    /// <summary>Some records: short, long, empty.</summary>
    public static WalForge Some()
    {
        var forge = new WalForge(startSegment: 16);
        foreach (var length in (int[])[100, 9000, 20, 0, 30_000, 8, 500])
            forge.Append(10, 0, Body(length));
        return forge;
    }

    public static byte[] Body(int length) => [.. Enumerable.Range(0, length).Select(i => (byte)(i * 7 + length))];

    /// <summary>A body that is main data and nothing else, as a record without blocks has it.</summary>
    public static byte[] MainData(int length) => [254, .. BitConverter.GetBytes(length), .. Body(length)];

    /// <summary>Gives a changed record its right checksum again.</summary>
    public static void Seal(Span<byte> record)
    {
        var length = BinaryPrimitives.ReadInt32LittleEndian(record);
        BinaryPrimitives.WriteUInt32LittleEndian(record[20..], Crc32C.Append(Crc32C.Compute(record[24..length]), record[..20]));
    }

    public static (List<Lsn> Records, WalReader Reader) Read(byte[] bytes, Lsn start, Lsn? from = null)
    {
        var reader = new WalReader(Source(bytes, start), SegmentSize, from ?? start);
        return (Drain(reader), reader);
    }

    public static List<Lsn> Drain(WalReader reader)
    {
        var records = new List<Lsn>();
        while (reader.MoveNext())
            records.Add(reader.Current.Lsn);
        return records;
    }

    private void Pad(uint remaining)
    {
        if (_bytes.Count % PageSize == 0)
            PageHeader(remaining, (ushort)(remaining > 0 ? 1 : 0));
    }

    private void PageHeader(uint remaining, ushort flags)
    {
        var isFirst = End.Value % SegmentSize == 0;
        var header = new byte[isFirst ? 40 : 24];
        BinaryPrimitives.WriteUInt16LittleEndian(header, _magic);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(2), (ushort)(flags | (isFirst ? 2 : 0)));
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(4), _timeline);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(8), End.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(16), remaining);
        if (isFirst)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(24), SystemIdentifier);
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(32), SegmentSize);
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(36), PageSize);
        }
        _bytes.AddRange(header);
    }
}
