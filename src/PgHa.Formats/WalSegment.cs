using System.Globalization;
using System.Numerics;

namespace PgHa.Formats;

/// <summary>One WAL segment of a timeline (access/xlog_internal.h): the file in pg_wal that holds a range of positions.</summary>
/// <param name="Timeline">The timeline in its name.</param>
/// <param name="Number">Its number: its start divided by its size.</param>
/// <param name="Size">wal_segment_size in bytes, a power of two from 1 MB to 1 GB.</param>
public readonly record struct WalSegment(TimelineId Timeline, ulong Number, uint Size)
{
    /// <summary>The smallest wal_segment_size, in bytes.</summary>
    public const uint MinSize = 1 << 20;

    /// <summary>The largest wal_segment_size, in bytes.</summary>
    public const uint MaxSize = 1 << 30;

    /// <summary>The first position in the segment.</summary>
    public Lsn Start => new(Number * Size);

    /// <summary>The position behind its last byte: the start of the next segment.</summary>
    public Lsn End => new((Number + 1) * Size);

    /// <summary>The segment that follows on the same timeline.</summary>
    public WalSegment Next => this with { Number = Number + 1 };

    /// <summary>The file's name in pg_wal: timeline, high and low part of the number, eight hexadecimal digits each.</summary>
    public string FileName
    {
        get
        {
            var perId = 0x1_0000_0000UL / Size;
            return string.Create(CultureInfo.InvariantCulture, $"{Timeline.Value:X8}{Number / perId:X8}{Number % perId:X8}");
        }
    }

    /// <summary>The segment that holds a position.</summary>
    /// <param name="timeline">The timeline to look at.</param>
    /// <param name="lsn">The position.</param>
    /// <param name="size">wal_segment_size in bytes.</param>
    public static WalSegment At(TimelineId timeline, Lsn lsn, uint size) => new(timeline, lsn.Value / size, size);

    /// <summary>Whether PostgreSQL takes this as wal_segment_size: a power of two from 1 MB to 1 GB.</summary>
    public static bool IsValidSize(uint size) => size is >= MinSize and <= MaxSize && BitOperations.IsPow2(size);

    /// <inheritdoc/>
    public override string ToString() => FileName;
}
