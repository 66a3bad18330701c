using PgHa.Agent.Postgres;
using PgHa.Formats;

namespace PgHa.Agent.Tests.Postgres;

/// <summary>Which WAL the files of pg_wal hold: segments of 16 MB, timeline 2 from 0/4000100, timeline 3 from 0/5000200.</summary>
[Trait("Category", "Fast")]
public class HeldWalTests
{
    private static readonly TimelineSpan[] Line =
        [new(new(1), Lsn.Zero, new Lsn(0x4000100)), new(new(2), new Lsn(0x4000100), new Lsn(0x5000200)), new(new(3), new Lsn(0x5000200), null)];

    private const string Tail = "000000030000000000000006 000000030000000000000007";

    [Theory]
    [InlineData("000000010000000000000003 000000020000000000000004 000000030000000000000005", "0/3000000-0/7000050")]
    [InlineData("000000020000000000000004 000000030000000000000005", "0/4000000-0/7000050")]
    [InlineData("000000020000000000000004 000000020000000000000005.partial", "0/6000000-0/7000050 0/4000000-0/5000200")]
    [InlineData("000000020000000000000005.partial", "0/6000000-0/7000050 0/5000000-0/5000200")]
    [InlineData("000000010000000000000004.partial 000000030000000000000005", "0/5000000-0/7000050 0/4000000-0/4000100")]
    [InlineData("000000010000000000000003 000000010000000000000004.partial 000000020000000000000005.partial", "0/6000000-0/7000050 0/5000000-0/5000200 0/3000000-0/4000100")]
    [InlineData("000000010000000000000004 000000010000000000000004.partial 000000020000000000000005", "0/6000000-0/7000050 0/5000000-0/5000200 0/4000000-0/4000100")]
    [InlineData("000000010000000000000005 000000020000000000000006.partial", "0/6000000-0/7000050")] // written ahead, after the switch
    [InlineData("000000010000000000000002 00000003.history 000000030000000000000005.00000028.backup", "0/6000000-0/7000050 0/2000000-0/3000000")]
    [InlineData("", "0/6000000-0/7000050")]
    public void An_older_timelines_file_speaks_only_up_to_the_switch(string older, string held) => Assert.Equal(held, Ranges($"{older} {Tail}", 0x7000050));

    [Fact]
    public void Without_the_newest_file_the_last_bytes_are_missing() =>
        Assert.Equal("0/5000000-0/5000200", Ranges("000000020000000000000005.partial", 0x5000300));

    [Fact]
    public void Nothing_is_held_of_an_empty_folder() => Assert.Equal("", Ranges("", 0x7000050));

    private static string Ranges(string names, ulong upto) => string.Join(' ', new HeldWal(1 << 24, Line)
        .Ranges(names.Split(' ', StringSplitOptions.RemoveEmptyEntries).ToHashSet(), new Lsn(upto)).Select(r => $"{r.From}-{r.To}"));
}
