using CsCheck;
using PgHa.Formats.Tests.Support;
using PgHa.Formats.Wal;
using static PgHa.Formats.Tests.Support.WalForge;

namespace PgHa.Formats.Tests.Wal;

[Trait("Category", "Fast")]
public sealed class ForgedWalTests
{
    private static readonly ushort[] Magics = [0xD106, 0xD10D, 0xD110, 0xD113, 0xD116, 0xD118];

    [Fact]
    public void Records_of_any_length_are_read_over_pages_and_segments() =>
        Gen.Select(Gen.Int[0, 5], Gen.OneOf(Gen.Int[0, 60], Gen.Int[8000, 8300], Gen.Int[0, 200_000]).Array[1, 30]).Sample(
            (magic, lengths) =>
            {
                var forge = new WalForge(Magics[magic]);
                foreach (var length in lengths)
                    forge.Append(10, 0, Body(length));
                var (records, reader) = Read(forge.Bytes, forge.Start);
                Assert.Equal(forge.Records, records);
                Assert.Equal((EndReason.MissingSegment, forge.End), (reader.EndReason, reader.Current.End));
                Assert.Equal(WalForge.SystemIdentifier, reader.SystemIdentifier);
                Assert.Equal(13 + magic, reader.Major);
            }, time: 3);

    [Fact]
    public void A_source_that_gives_little_at_a_time_changes_nothing() =>
        Gen.Select(Gen.Int[0, 20_000].Array[1, 10], Gen.Int[1, 5000]).Sample((lengths, most) =>
        {
            var forge = new WalForge();
            foreach (var length in lengths)
                forge.Append(10, 0, Body(length));
            var source = WalForge.Source(forge.Bytes, forge.Start);
            var reader = new WalReader((at, buffer) => source(at, buffer[..Math.Min(most, buffer.Length)]), WalForge.SegmentSize, forge.Start);
            Assert.Equal(forge.Records, Drain(reader));
        }, time: 2);

    [Fact]
    public void Reading_can_begin_at_every_record()
    {
        var forge = Some();
        for (var i = 0; i < forge.Records.Count; i++)
            Assert.Equal(forge.Records[i..], Read(forge.Bytes, forge.Start, forge.Records[i]).Records);
    }

    [Fact]
    public void After_a_switch_the_next_segment_follows()
    {
        var forge = new WalForge();
        forge.Append(10, 0, Body(100));
        var at = forge.Append(0, 0x40, []);
        var (records, reader) = Read(forge.Bytes, forge.Start);
        Assert.Equal(at, records[^1]);
        Assert.Equal(forge.Start + WalForge.SegmentSize, reader.Current.End);
    }

    [Fact]
    public void A_record_cut_off_by_a_crash_is_passed_over_where_another_overwrites_its_rest()
    {
        for (var keep = 1; keep <= 2; keep++)
        {
            var forge = new WalForge();
            forge.Append(10, 0, Body(500));
            forge.Append(10, 0, Body(20_000));
            forge.CutLast(keep);
            forge.Append(10, 0, Body(700));
            var (records, reader) = Read(forge.Bytes, forge.Start);
            Assert.Equal(forge.Records, records);
            Assert.Equal(forge.End, reader.Current.End);
        }
    }

    [Fact]
    public void A_remembered_end_goes_on_with_what_is_new_and_is_given_up_when_it_was_overwritten()
    {
        var forge = Some();
        var end = WalEnd.Find(WalForge.Source(forge.Bytes, forge.Start), WalForge.SegmentSize, forge.Start);
        Assert.Equal((forge.Records[^1], forge.End), (end.LastRecord, end.End));
        forge.Append(10, 0, Body(20_000));
        var bytes = forge.Bytes;
        Assert.Equal(forge.End, end.FindAgain(WalForge.Source(bytes, forge.Start), WalForge.SegmentSize)?.End);
        var last = bytes.AsSpan((int)(end.LastRecord - forge.Start));
        last[30] ^= 1;
        Seal(last);
        Assert.Null(end.FindAgain(WalForge.Source(bytes, forge.Start), WalForge.SegmentSize));
    }

    [Fact]
    public void The_first_record_behind_any_position_is_found()
    {
        var forge = Some();
        var source = WalForge.Source(forge.Bytes, forge.Start);
        for (var at = forge.Start; at < forge.End; at += 97)
            Assert.Equal(
                forge.Records.Cast<Lsn?>().FirstOrDefault(r => r >= at), WalStart.FindRecord(source, WalForge.SegmentSize, at));
    }

    [Fact]
    public void The_record_that_covers_any_position_is_found()
    {
        var forge = Some();
        var source = WalForge.Source(forge.Bytes, forge.Start);
        var headers = new List<WalRecordHeader>();
        var all = new WalReader(source, WalForge.SegmentSize, forge.Start);
        while (all.MoveNext())
            headers.Add(all.Current);
        for (var at = forge.Start; at < forge.End; at += 61)
            Assert.Equal(headers.First(h => h.End > at), WalStart.Covering(source, WalForge.SegmentSize, at)!.Current);
        Assert.Null(WalStart.Covering(source, WalForge.SegmentSize, forge.End));
    }

    /// <summary>Switches at every place of a page, over the end of one, and in the last page of the segment.</summary>
    [Theory]
    [InlineData(100), InlineData(8100), InlineData(8112), InlineData(8120), InlineData(8128), InlineData(9000), InlineData(200_000), InlineData(1_040_000), InlineData(1_040_280)]
    public void The_unused_rest_of_a_segment_begins_behind_the_switch(int length)
    {
        var forge = new WalForge();
        forge.Append(10, 0, Body(20));
        forge.Append(10, 0, Body(length));
        forge.Append(0, 0x40, []);
        var (used, end) = (forge.End, forge.Start + WalForge.SegmentSize);
        foreach (var rest in (byte[][])[new byte[end - used], [.. Enumerable.Range(0, (int)(end - used)).Select(i => (byte)(i % 251 + 1))]])
        {
            var source = WalForge.Source([.. forge.Bytes, .. rest], forge.Start);
            Assert.Equal(used, UnusedRest.Begin(source, WalForge.SegmentSize, end));
            Assert.Equal(used, UnusedRest.Begin(source, WalForge.SegmentSize, used + 8));
            Assert.Null(UnusedRest.Begin(source, WalForge.SegmentSize, new Lsn(used.Value - 32)));
        }
    }

    [Fact]
    public void WAL_without_a_switch_has_no_unused_rest()
    {
        var forge = Some();
        var source = WalForge.Source(forge.Bytes, forge.Start);
        for (var at = forge.Start; at <= forge.End; at += 1)
            Assert.Null(UnusedRest.Begin(source, WalForge.SegmentSize, at));
        Assert.Null(UnusedRest.Begin(source, WalForge.SegmentSize, forge.End + 5000));
    }
}
