using System.Buffers.Binary;
using CsCheck;
using PgHa.Formats.Tests.Support;
using PgHa.Formats.Wal;
using static PgHa.Formats.Tests.Support.WalForge;

namespace PgHa.Formats.Tests.Wal;

[Trait("Category", "Fast")]
public sealed class HostileWalTests
{
    [Fact]
    public void A_record_that_overwrites_another_one_than_was_cut_off_is_not_believed()
    {
        var forge = new WalForge();
        forge.Append(10, 0, Body(500));
        var cut = forge.Append(10, 0, Body(20_000));
        forge.CutLast(1);
        var bytes = forge.Bytes;
        var at = (int)(forge.Records[^1] - forge.Start);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(at + 26), cut.Value + 8);
        Seal(bytes.AsSpan(at));
        Assert.Equal(EndReason.BadContinuation, Read(bytes, forge.Start).Reader.EndReason);
    }

    [Fact]
    public void Each_kind_of_end_has_its_reason()
    {
        var forge = Some();
        var last = (int)(forge.Records[^1] - forge.Start);
        Expect(EndReason.ZeroLength, b => b.AsSpan(last, 24).Clear());
        Expect(EndReason.BadLength, b => BinaryPrimitives.WriteUInt32LittleEndian(b.AsSpan(last), 23));
        Expect(EndReason.BadLength, b => b[last + 3] = 0x80);
        Expect(EndReason.BadCrc, b => b[last + 25] ^= 1);
        Expect(EndReason.BadResourceManager, b => b[last + 17] = 22);
        Expect(EndReason.BadPrevLink, b => b[last + 8] ^= 8);
        Expect(EndReason.BadPage, b => b[8192 + 8] ^= 1);
        Expect(EndReason.BadPage, b => b[8192] ^= 1);
        Expect(EndReason.ZeroLength, b => b.AsSpan(8192).Clear());
        Expect(EndReason.BadContinuation, b => b[8192 + 16] ^= 1);
        Expect(EndReason.BadPage, b => b[32] ^= 1, file: "WAL at 0/1000000");
        Assert.Equal(EndReason.MissingSegment, Read([], forge.Start).Reader.EndReason);
        Assert.Equal(EndReason.MissingSegment, Read(forge.Bytes[..^9], forge.Start).Reader.EndReason);
        Assert.Equal(EndReason.BadStart, Read(forge.Bytes, forge.Start, forge.Start + 4).Reader.EndReason);
        Assert.Equal(EndReason.BadStart, Read(forge.Bytes, forge.Start, forge.Start + 8).Reader.EndReason);

        void Expect(EndReason reason, Action<byte[]> damage, string file = "000000010000000000000010")
        {
            var bytes = forge.Bytes;
            damage(bytes);
            var reader = Read(bytes, forge.Start).Reader;
            Assert.Equal(reason, reader.EndReason);
            Assert.Equal(file, reader.EndError?.File);
        }
    }

    [Fact]
    public void A_record_that_overwrites_cannot_be_overwritten_itself()
    {
        var forge = new WalForge();
        forge.Append(10, 0, Body(20_000));
        forge.CutLast(1);
        // Its page says that it goes on behind the next one, which says the same of itself.
        var page = new byte[2 * 8192];
        forge.Bytes.AsSpan(8192, 24).CopyTo(page);
        forge.Bytes.AsSpan(8192, 24).CopyTo(page.AsSpan(8192));
        BinaryPrimitives.WriteUInt64LittleEndian(page.AsSpan(8192 + 8), forge.Start.Value + (2 * 8192));
        BinaryPrimitives.WriteInt32LittleEndian(page.AsSpan(24), 9000);
        var reader = Read([.. forge.Bytes.AsSpan(0, 8192), .. page], forge.Start).Reader;
        Assert.Equal((EndReason.BadContinuation, "one more that overwrites"), (reader.EndReason, reader.EndError?.Found));
    }

    [Fact]
    public void Another_clusters_WAL_is_refused()
    {
        var forge = Some();
        var reader = new WalReader(WalForge.Source(forge.Bytes, forge.Start), WalForge.SegmentSize, forge.Start, WalForge.SystemIdentifier + 1);
        Assert.False(reader.MoveNext());
        Assert.Equal(EndReason.BadPage, reader.EndReason);
    }

    [Fact]
    public void A_length_of_almost_1_GB_asks_for_no_memory_that_the_WAL_does_not_fill()
    {
        var forge = Some();
        var bytes = forge.Bytes;
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(40), 0x3FFF_FFFF);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var reader = Read(bytes, forge.Start).Reader;
        Assert.Equal(EndReason.BadContinuation, reader.EndReason);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 300_000);
    }

    [Fact]
    public void Damage_ends_the_chain_at_the_damaged_record_and_never_fails_otherwise()
    {
        var forge = Some();
        Gen.Select(Gen.Int[0, forge.Bytes.Length - 1], Gen.Byte[1, 255]).Array[1, 8].Sample(damage =>
        {
            var bytes = forge.Bytes;
            foreach (var (at, mask) in damage)
                bytes[at] ^= mask;
            var records = Read(bytes, forge.Start).Records;
            Assert.Equal(forge.Records.Take(records.Count), records);
        }, time: 3);
    }

    [Fact]
    public void Any_bytes_with_right_page_headers_end_with_a_reason() =>
        Gen.Byte.Array[8 * 8192].Sample(noise =>
        {
            var forge = new WalForge();
            forge.Append(10, 0, Body(7 * 8000));
            var bytes = forge.Bytes;
            for (var at = 64; at < bytes.Length; at++)
                if (at % 8192 >= 24)
                    bytes[at] = noise[at];
            var reader = Read(bytes, forge.Start).Reader;
            Assert.NotEqual(EndReason.None, reader.EndReason);
        }, time: 2);

    [Fact]
    public void Any_record_body_is_taken_apart_or_refused() =>
        Gen.Select(Gen.Int[13, 18], Gen.OneOf(Gen.Byte.Array[0, 80], PlausibleBody), Gen.Byte, Gen.Byte).Sample((major, body, rmgr, info) =>
        {
            byte[] bytes = [.. new byte[24], .. body];
            var header = new WalRecordHeader { Lsn = new Lsn(8), TotalLength = (uint)bytes.Length, Rmgr = rmgr, Info = info };
            if (!WalRecord.TryRead(header, bytes, major, out var record, out var error))
            {
                Assert.NotEmpty(error.Found);
                return;
            }
            var count = 0;
            foreach (var block in record)
                count += block.ImageBytes.Length >= 0 ? 1 : 0;
            Assert.Equal(record.BlockCount, count);
            Assert.NotEmpty(record.Operation);
            TransactionEnd.TryRead(record, major, out _, out _);
        }, time: 3);

    // Bytes that often look like the headers of a record's parts.
    private static Gen<byte[]> PlausibleBody =>
        Gen.Int[0, 23].Select(i => i < 15 ? Marks[i] : (byte)(i - 15)).Array[0, 60];

    private static ReadOnlySpan<byte> Marks => [0, 0, 0, 1, 2, 32, 0x10, 0x20, 0x30, 0x80, 0xA0, 255, 254, 253, 252];
}
