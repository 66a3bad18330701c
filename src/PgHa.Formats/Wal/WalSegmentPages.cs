using System.Buffers.Binary;

namespace PgHa.Formats.Wal;

/// <summary>What the page headers of a segment file say of it (access/xlog_internal.h). Records are not looked at.</summary>
/// <param name="First">The first page's header, which names the place where all pages of the file must belong.</param>
/// <param name="SystemIdentifier">The cluster that wrote it.</param>
/// <param name="SegmentSize">wal_segment_size in bytes, as the first page has it.</param>
/// <param name="Timelines">Where pages of each timeline begin, in order: more than one where a promotion fell into the segment.</param>
/// <param name="End">The end of the last page, counted from the first one without a gap, that holds WAL of this place.</param>
/// <param name="Resumed">A page behind <paramref name="End"/> that holds WAL of this place again, or null: one in between is lost.</param>
/// <param name="Error">The first page that is neither WAL of this place, nor a page of another place (a recycled file has those), nor empty; null if all are right.</param>
public sealed record WalSegmentPages(
    WalPageHeader First, ulong SystemIdentifier, uint SegmentSize, IReadOnlyList<(TimelineId Timeline, Lsn Begin)> Timelines,
    Lsn End, Lsn? Resumed, FormatError? Error)
{
    private const int KnownFlags = 0xF;

    /// <summary>Reads the header of each page of a segment file.</summary>
    /// <param name="file">The file's name, for the error.</param>
    /// <param name="length">How many bytes it has.</param>
    /// <param name="source">Gives bytes at an offset of the file.</param>
    public static Parsed<WalSegmentPages> Read(string file, long length, ReadFile source)
    {
        ArgumentNullException.ThrowIfNull(source);
        Span<byte> page = stackalloc byte[WalPageHeader.LongSize];
        if (length < WalPages.PageSize || source(0, page) < page.Length)
            return new FormatError(file, 0, "a WAL page", $"{length} bytes");
        var first = WalPageHeader.Read(page);
        if (first.Major == 0 || !first.IsLong || (first.Info & ~KnownFlags) != 0)
            return new FormatError(file, 0, "the first page of a segment of PostgreSQL 13 to 18", $"magic {first.Magic:X4}, flags {first.Info:X4}");
        var block = BinaryPrimitives.ReadUInt32LittleEndian(page[36..]);
        if (block != WalPages.PageSize)
            return new FormatError(file, 36, $"WAL page size {WalPages.PageSize}", $"{block}");
        var size = BinaryPrimitives.ReadUInt32LittleEndian(page[32..]);
        if (!WalSegment.IsValidSize(size) || first.Address.Value % size != 0)
            return new FormatError(file, 32, "a segment size that its address is a multiple of", $"{size} at {first.Address}");
        var walk = new Walk(file, first);
        var system = BinaryPrimitives.ReadUInt64LittleEndian(page[24..]);
        var header = page[..WalPageHeader.ShortSize];
        for (var offset = (long)WalPages.PageSize; offset < length && walk.Error is null; offset += WalPages.PageSize)
            walk.Add(offset, source(offset, header) < header.Length ? null : header);
        return new WalSegmentPages(first, system, size, walk.Timelines, walk.End ?? first.Address + (ulong)length, walk.Resumed, walk.Error);
    }

    /// <summary>The state from one page to the next.</summary>
    private sealed class Walk(string file, WalPageHeader first)
    {
        internal List<(TimelineId Timeline, Lsn Begin)> Timelines { get; } = [(first.Timeline, first.Address)];

        internal Lsn? End { get; private set; }

        internal Lsn? Resumed { get; private set; }

        internal FormatError? Error { get; private set; }

        internal void Add(long offset, ReadOnlySpan<byte> bytes)
        {
            var at = first.Address + (ulong)offset;
            if (bytes.IsEmpty)
                Error = new(file, offset, "a WAL page", "the end of the file");
            else if (bytes.ContainsAnyExcept((byte)0))
                Add(offset, at, WalPageHeader.Read(bytes));
            else
                End ??= at;
        }

        private void Add(long offset, Lsn at, WalPageHeader header)
        {
            if (header.Magic != first.Magic && header.Major == 0)
                Error = new(file, offset, "a page magic", $"{header.Magic:X4}");
            else if (header.Address.Value % WalPages.PageSize != 0)
                Error = new(file, offset, $"page address {at}, or that of another page", header.Address.ToString());
            else if (header.Address != at || header.Magic != first.Magic)
                End ??= at; // recycled, or a new timeline's first segment, which is filled up with copies of its last page
            else if (End is not null)
                Resumed ??= at;
            else if (header.IsLong || (header.Info & ~KnownFlags) != 0)
                Error = new(file, offset, "a short page header", $"flags {header.Info:X4}");
            else
                Follow(offset, at, header.Timeline);
        }

        private void Follow(long offset, Lsn at, TimelineId timeline)
        {
            if (timeline < Timelines[^1].Timeline)
                Error = new(file, offset, $"timeline {Timelines[^1].Timeline} or later", timeline.ToString());
            else if (timeline > Timelines[^1].Timeline)
                Timelines.Add((timeline, at));
        }
    }
}

/// <summary>Gives bytes of a file.</summary>
/// <param name="offset">Where the first byte wanted lies in the file.</param>
/// <param name="buffer">Where the bytes go.</param>
/// <returns>How many bytes there were; fewer than wanted only at the end of the file.</returns>
public delegate int ReadFile(long offset, Span<byte> buffer);
