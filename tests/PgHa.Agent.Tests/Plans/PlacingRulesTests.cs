using System.Buffers.Binary;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;
using PgHa.Formats.Control;
using PgHa.Formats.Wal;

namespace PgHa.Agent.Tests.Plans;

/// <summary>Which files may be placed, over segments that were written for the purpose.</summary>
[Trait("Category", "Fast")]
public class PlacingRulesTests
{
    private const uint Size = 1 << 20;
    private const int Page = 8192;
    private static readonly WalSegment Five = new(new(1), 5, Size);
    private static readonly TimelineSpan[] Alone = [new(new(1), Lsn.Zero, null)];

    private static byte[] Segment(WalSegment of, Func<Lsn, uint>? timeline = null, int pages = int.MaxValue)
    {
        var bytes = new byte[Size];
        for (var page = 0; page < Size / Page && page < pages; page++)
        {
            var header = bytes.AsSpan(page * Page);
            var at = of.Start + (ulong)(page * Page);
            BinaryPrimitives.WriteUInt16LittleEndian(header, 0xD110);
            BinaryPrimitives.WriteUInt16LittleEndian(header[2..], (ushort)(page == 0 ? 2 : 0));
            BinaryPrimitives.WriteUInt32LittleEndian(header[4..], timeline?.Invoke(at) ?? of.Timeline.Value);
            BinaryPrimitives.WriteUInt64LittleEndian(header[8..], at.Value);
        }
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(24), 77);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(32), Size);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(36), Page);
        return bytes;
    }

    private static Parsed<WalSegmentPages> Pages(byte[] bytes) => WalSegmentPages.Read("segment", bytes.Length, (offset, buffer) =>
    {
        var count = (int)Math.Min(buffer.Length, Math.Max(0, bytes.Length - offset));
        bytes.AsSpan((int)offset, count).CopyTo(buffer);
        return count;
    });

    private static string? Misfit(WalSegment segment, byte[] bytes, TimelineSpan[]? lineage = null, int major = 15, string system = "77") =>
        PlacingRules.Misfit(segment, bytes.Length, Pages(bytes), system, major, lineage ?? Alone);

    [Theory]
    [InlineData(1), InlineData(2), InlineData(100), InlineData(int.MaxValue)]
    public void A_segment_fits_that_is_full_or_ends_in_empty_pages(int pages) => Assert.Null(Misfit(Five, Segment(Five, pages: pages)));

    [Fact]
    public void What_a_recycled_file_still_holds_is_no_WAL_of_this_place()
    {
        var bytes = Segment(Five, pages: 9);
        Segment(Five with { Number = 2 }).AsSpan(9 * Page).CopyTo(bytes.AsSpan(9 * Page));
        Assert.Null(Misfit(Five, bytes));
        Assert.Equal(Five.Start + 9 * Page, Pages(bytes).Value.End);
        Assert.Null(Pages(bytes).Value.Resumed);
    }

    [Fact]
    public void WAL_behind_a_page_that_is_lost_is_noticed()
    {
        var bytes = Segment(Five);
        bytes.AsSpan(4 * Page, Page).Clear();
        Assert.Equal(Five.Start + 5 * Page, Pages(bytes).Value.Resumed);
    }

    [Fact]
    public void Another_name_major_cluster_or_size_does_not_fit()
    {
        var bytes = Segment(Five);
        Assert.Contains("it is 000000010000000000000005", Misfit(Five.Next, bytes), StringComparison.Ordinal);
        Assert.Contains("PostgreSQL 15", Misfit(Five, bytes, major: 16), StringComparison.Ordinal);
        Assert.Contains("system identifier 77", Misfit(Five, bytes, system: "78"), StringComparison.Ordinal);
        Assert.Contains("bytes", Misfit(Five, bytes[..^1]), StringComparison.Ordinal);
    }

    /// <summary>No bit of magic, timeline, address and flags (but those that speak of records) can flip unnoticed, unless no page follows.</summary>
    [Fact]
    public void A_flipped_bit_of_a_page_header_does_not_fit()
    {
        foreach (var page in new[] { 0, 1, 126 })
            for (var bit = 0; bit < 16 * 8; bit++)
            {
                var bytes = Segment(Five);
                bytes[page * Page + bit / 8] ^= (byte)(1 << bit % 8);
                var ofRecords = bit is 16 or 18 or 19; // continuation, removable, overwrites
                Assert.True(ofRecords == (Misfit(Five, bytes) is null && Pages(bytes).Value.Resumed is null), $"page {page}, bit {bit}");
            }
    }

    [Theory]
    [InlineData(0x510000, true)]
    [InlineData(0x510100, true)]
    [InlineData(0x50E000, false)]
    [InlineData(0x512000, true)]
    [InlineData(0x514000, false)]
    [InlineData(0x600000, false)]
    [InlineData(0x400000, false)]
    public void Each_page_is_of_the_timeline_that_wrote_its_place(ulong switchPoint, bool fits)
    {
        var two = Five with { Timeline = new(2) };
        var bytes = Segment(two, at => at.Value < 0x510000 || (at.Value == 0x510000 && switchPoint != 0x510000) ? 1U : 2U);
        TimelineSpan[] lineage = [new(new(1), Lsn.Zero, new Lsn(switchPoint)), new(new(2), new Lsn(switchPoint), null)];
        Assert.Equal(fits, Misfit(two, bytes, lineage) is null);
    }

    [Theory]
    [InlineData("1\t0/600000\tours\n", null)]
    [InlineData("1\t0/400000\tbefore our checkpoint\n", "went on to")]
    [InlineData("2\t0/600000\tanother branch\n", "does not descend")]
    public void A_history_leads_on_from_where_the_node_is(string text, string? misfit)
    {
        var control = new ControlFacts("77", DbState.ShutDownInRecovery, new(1), new(0x500000), new(0x500000), new(0x500100), Size);
        var found = PlacingRules.Misfit(TimelineHistory.Parse(new(3), text).Value, control, [TimelineHistory.Root(new(1))]);
        Assert.Equal(misfit is null, found is null);
        Assert.Contains(misfit ?? "", found ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public void A_timeline_has_one_origin()
    {
        var control = new ControlFacts("77", DbState.ShutDown, new(2), new(0x700000), new(0x700000), Lsn.Zero, Size);
        var here = TimelineHistory.Parse(new(2), "1\t0/600000\tours\n").Value;
        Assert.Null(PlacingRules.Misfit(TimelineHistory.Parse(new(3), "1\t0/600000\tours\n2\t0/800000\tnext\n").Value, control, [here]));
        Assert.Contains("another origin", PlacingRules.Misfit(
            TimelineHistory.Parse(new(3), "1\t0/610000\ttheirs\n2\t0/800000\tnext\n").Value, control, [here]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Condition.StoppedAsPrimary, true), InlineData(Condition.StoppedAsStandby, true), InlineData(Condition.Crashed, true)]
    [InlineData(Condition.Primary, false), InlineData(Condition.PrimaryAlone, false), InlineData(Condition.Standby, false)]
    [InlineData(Condition.Recovering, false), InlineData(Condition.CrashRecovery, false), InlineData(Condition.Frozen, false)]
    [InlineData(Condition.FrozenStandby, false), InlineData(Condition.Empty, false)]
    public void Files_are_placed_on_a_stopped_node_only(Condition condition, bool allowed)
    {
        var refusal = PlacingRules.RefuseState(Sketch.Node("n1", condition));
        Assert.Equal(allowed ? null : Code.WrongState, refusal?.Code);
    }
}
