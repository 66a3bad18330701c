using CsCheck;
using PgHa.Formats.Slots;

namespace PgHa.Formats.Tests.Slots;

[Trait("Category", "Fast")]
public sealed class SlotStateTests
{
    // The dump in the specification of the v1 API.
    private static readonly byte[] Dump = Convert.FromHexString((
        "a11c0501c8c5aa4702000000a0000000" + "74657374303200000000000000000000" + new string('0', 96)
        + "01400000000000000000000076020000" + "300e005d000000004001005e00000000" + "6465636f646572627566730000000000" + new string('0', 96)));

    [Fact]
    public void The_specifications_dump_is_exactly_its_table()
    {
        Assert.Equal(new SlotState
        {
            Layout = new SlotLayout(2, 160),
            Name = "test02",
            Plugin = "decoderbufs",
            Database = 16385,
            Persistency = SlotPersistency.Persistent,
            CatalogXmin = 630,
            RestartLsn = Lsn.Parse("0/5D000E30"),
            ConfirmedFlush = Lsn.Parse("0/5E000140"),
        }, SlotState.Read(Dump, "state").Value);
    }

    [Fact]
    public void Written_again_the_dump_is_the_same_bytes() => Assert.Equal(Dump, SlotState.Read(Dump, "state").Value.ToBytes());

    [Fact]
    public void What_is_written_is_read_back_in_the_layout_of_every_major() =>
        Gen.Select(Gen.Int[10, 18], Gen.UInt, Gen.ULong, Gen.Bool).Sample((major, number, position, flag) =>
        {
            var layout = SlotLayout.Of(major)!.Value;
            var slot = new SlotState
            {
                Layout = layout,
                Name = "a_slot_9",
                Plugin = "pgoutput",
                Database = number,
                Xmin = ~number,
                CatalogXmin = number / 2,
                RestartLsn = new Lsn(position),
                ConfirmedFlush = new Lsn(~position),
                InvalidatedAt = new Lsn(major is >= 13 and <= 15 ? position / 3 : 0),
                InvalidationCause = major >= 16 ? number % 5 : 0,
                TwoPhaseAt = new Lsn(major >= 14 ? position / 2 : 0),
                TwoPhase = major >= 14 && flag,
                Failover = major >= 17 && flag,
                Synced = major >= 17 && !flag,
            };
            Assert.Equal(slot, SlotState.Read(slot.ToBytes(), "state").Value);
        });

    [Fact]
    public void Every_flipped_bit_and_every_cut_is_an_error()
    {
        for (var bit = 0; bit < Dump.Length * 8; bit++)
        {
            var bytes = Dump.ToArray();
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Equal("state", SlotState.Read(bytes, "state").Error?.File);
        }
        for (var length = 0; length < Dump.Length; length++)
            Assert.False(SlotState.Read(Dump.AsSpan(0, length), "state").IsOk);
    }

    [Fact]
    public void Hostile_contents_with_a_right_checksum_are_an_error_or_a_slot() =>
        Gen.Select(Gen.Int[10, 18], Gen.Byte.Array[184]).Sample((major, noise) =>
        {
            var layout = SlotLayout.Of(major)!.Value;
            var bytes = new SlotState { Layout = layout, Name = "x" }.ToBytes();
            noise.AsSpan(0, (int)layout.Length).CopyTo(bytes.AsSpan(16));
            BitConverter.TryWriteBytes(bytes.AsSpan(4), Crc32C.Compute(bytes.AsSpan(8)));
            var read = SlotState.Read(bytes, "state");
            Assert.True(read.IsOk ? SlotState.IsValidName(read.Value.Name) : read.Error.ToString().Length > 0);
        });

    [Theory]
    [InlineData("../x")]
    [InlineData("")]
    [InlineData("Big")]
    public void A_name_that_no_server_takes_is_never_written(string name) =>
        Assert.Throws<InvalidOperationException>(() => new SlotState { Layout = new SlotLayout(2, 184), Name = name }.ToBytes());
}
