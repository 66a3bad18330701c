using System.Text;
using PgHa.Formats.Slots;
using PgHa.Formats.Tests.Support;

namespace PgHa.Formats.Tests.Inspect;

/// <summary><c>pgha inspect</c> on files that are not as they should be, and on what needs no server.</summary>
[Trait("Category", "Fast")]
public sealed class InspectFilesTests : IDisposable
{
    private const string Segment = "000000010000000000000010";
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task A_history_is_shown_with_switch_points_and_reasons()
    {
        var file = _folder.Write("00000004.history", "1\t0/3000148\tno recovery target specified\n2\t0/50000A0\tbefore \"x\" [y]\n"u8);
        var text = await Inspected.Run("history", file);
        Assert.Equal(
            ["1 0/0 0/3000148 no recovery target specified", "2 0/3000148 0/50000A0 before \"x\" [y]", "4 0/50000A0 (goes on)"],
            text.Lines.Skip(2).Select(l => string.Join(' ', l.Split(' ', StringSplitOptions.RemoveEmptyEntries))));
        var json = Assert.Single((await Inspected.Run("history", "--json", file)).Objects);
        Assert.Equal(
            ["1 0/0 0/3000148 no recovery target specified", "2 0/3000148 0/50000A0 before \"x\" [y]", "4 0/50000A0  "],
            json.GetProperty("lineage").EnumerateArray().Select(s =>
                $"{s.GetProperty("timeline")} {s.GetProperty("begin")} {s.GetProperty("switch_point")} {s.GetProperty("reason")}"));
    }

    [Fact]
    public async Task The_specifications_slot_is_shown_with_every_field()
    {
        var slot = new SlotState
        {
            Layout = new SlotLayout(5, 184),
            Name = "a_slot",
            Plugin = "pgoutput",
            Database = 16385,
            CatalogXmin = 630,
            RestartLsn = Lsn.Parse("0/5D000E30"),
            ConfirmedFlush = Lsn.Parse("0/5E000140"),
            InvalidationCause = 1,
            TwoPhase = true,
            TwoPhaseAt = Lsn.Parse("0/5D000E31"),
            Failover = true,
        };
        _folder.Write("a_slot/state", slot.ToBytes());
        var json = Assert.Single((await Inspected.Run("slot", "--json", _folder.Path("a_slot"))).Objects);
        Assert.Equal(
            "name a_slot, kind logical, plugin pgoutput, database 16385, persistency persistent, xmin 0, catalog_xmin 630,"
            + " restart_lsn 0/5D000E30, confirmed_flush_lsn 0/5E000140, invalidation wal_removed, two_phase True, two_phase_at 0/5D000E31,"
            + " failover True, synced False, magic 1051ca1, version 5, length 184, written_by 17 and 18",
            string.Join(", ", json.EnumerateObject().Where(p => p.Name is not ("file" or "crc")).Select(p => $"{p.Name} {p.Value}")));
    }

    [Theory]
    [InlineData("control")]
    [InlineData("slot")]
    [InlineData("history")]
    [InlineData("wal")]
    public async Task What_is_no_such_file_is_said_and_the_others_are_shown(string what)
    {
        var good = Good(what);
        var name = Path.GetFileName(good);
        string[] bad =
        [
            _folder.Path("nowhere/" + name), _folder.Write("empty/" + name, []), _folder.Write("short/" + name, Beginning(good)),
            _folder.Write("other/" + name, Encoding.ASCII.GetBytes(new string('x', 9000))), _folder.Write("zeros/" + name, new byte[70_000]),
            Directory.CreateDirectory(_folder.Path("folder/" + name)).FullName, _folder.Path("a\0b"),
        ];
        var alone = await Inspected.Run(what, good);
        Assert.Equal((0, ""), (alone.Code, alone.Error));
        var said = await Inspected.Run([what, .. bad, good]);
        Assert.Equal((1, alone.Out), (said.Code, said.Out));
        var errors = said.Error.Split('\n').Where(l => l.StartsWith("error: ", StringComparison.Ordinal)).ToList();
        Assert.Equal(bad.Length, errors.Count);
        Assert.Equal(bad.Length, said.Error.Split('\n').Count(l => l.StartsWith("  hint: ", StringComparison.Ordinal)));
        Assert.All(errors, e => Assert.Matches("^error: .*, offset [0-9]+: expected .+, found .+$", e));
    }

    [Theory]
    [InlineData("control", ControlForge.UsedLength)]
    [InlineData("slot", 200)]
    public async Task Any_flipped_bit_is_an_error_with_file_and_offset(string what, int length)
    {
        var bytes = File.ReadAllBytes(Good(what));
        for (var at = 0; at < length; at += 13)
        {
            bytes[at] ^= 4;
            var file = _folder.Write("flipped", bytes);
            var said = await Inspected.Run(what, file);
            Assert.Equal((1, ""), (said.Code, said.Out));
            Assert.StartsWith($"error: {file}, offset ", said.Error, StringComparison.Ordinal);
            bytes[at] ^= 4;
        }
    }

    [Theory]
    [InlineData(9000, "(bad_crc)", 1)]
    [InlineData(8192, "(bad_page)", 1)]
    [InlineData(0, null, 1)]
    public async Task A_flipped_bit_in_WAL_ends_the_list_there_and_is_a_failure(int at, string? reason, int code)
    {
        var bytes = SoundSegment();
        bytes[at] ^= 1;
        var file = _folder.Write(Segment, bytes);
        var said = await Inspected.Run("wal", file);
        Assert.Equal(code, said.Code);
        Assert.StartsWith($"error: {file}, offset ", said.Error, StringComparison.Ordinal);
        if (reason is not null)
            Assert.Contains(reason, said.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cut_file_and_a_gap_are_failures_the_end_of_what_is_there_is_none()
    {
        var forge = new WalForge(startSegment: 16);
        for (var i = 0; forge.End.Value < 19 * WalForge.SegmentSize; i++)
            forge.Append(10, 0, WalForge.MainData(30_000 + i));
        var bytes = forge.Bytes;
        var files = Enumerable.Range(0, 3).Select(i => _folder.Write(
            $"wal/{new WalSegment(new(1), 16 + (ulong)i, WalForge.SegmentSize).FileName}", bytes.AsSpan(i << 20, 1 << 20))).ToArray();
        var whole = await Inspected.Run("wal", "--json", _folder.Path("wal"));
        Assert.Equal((0, forge.Records.Count(r => r.Value < 19 * WalForge.SegmentSize) - 1), (whole.Code, whole.Objects.Count - 1));

        var cut = _folder.Write($"cut/{Segment}", bytes.AsSpan(0, 500_000));
        var said = await Inspected.Run("wal", "--stats", cut);
        Assert.Equal((1, $"error: {cut}, offset 500000: expected more WAL, found nothing"), (said.Code, said.Error.Split('\n')[0]));

        File.Delete(files[1]);
        said = await Inspected.Run("wal", "--stats", _folder.Path("wal"));
        Assert.Equal(1, said.Code);
        Assert.Contains("000000010000000000000011, offset 0: expected more WAL, found nothing", said.Error, StringComparison.Ordinal);
        said = await Inspected.Run("wal", "--stats", files[0], files[2]);
        Assert.Equal((0, 2), (said.Code, said.Lines.Count(l => l.Contains("missing_segment", StringComparison.Ordinal))));
    }

    [Fact]
    public async Task A_folder_is_read_along_its_newest_timelines_lineage()
    {
        var (one, two) = (new WalForge(startSegment: 16), new WalForge(startSegment: 16, timeline: 2));
        foreach (var forge in (WalForge[])[one, two])
            for (var i = 0; forge.End.Value < 18 * WalForge.SegmentSize; i++)
                forge.Append(10, 0, WalForge.MainData(3000));
        _folder.Write("wal/000000010000000000000010", one.Bytes.AsSpan(0, 1 << 20));
        _folder.Write("wal/000000010000000000000011", one.Bytes.AsSpan(1 << 20, 1 << 20));
        _folder.Write("wal/000000020000000000000011", two.Bytes.AsSpan(1 << 20, 1 << 20));
        _folder.Write("wal/00000002.history", "1\t0/1180000\tleft\n"u8);
        var newest = (await Inspected.Run("wal", "--json", _folder.Path("wal"))).Objects;
        Assert.Equal(["1", "2"], newest.SkipLast(1).Select(r => r.GetProperty("timeline").ToString()).Distinct());
        var first = (await Inspected.Run("wal", "--json", "--timeline", "1", _folder.Path("wal"))).Objects;
        Assert.Equal(["1"], first.SkipLast(1).Select(r => r.GetProperty("timeline").ToString()).Distinct());
        Assert.Equal(newest.Count, first.Count);
        File.Delete(_folder.Path("wal/00000002.history"));
        Assert.Equal(1, (await Inspected.Run("wal", "--stats", _folder.Path("wal"))).Code);
    }

    [Theory]
    [InlineData("wal")]
    [InlineData("wal", "--from", "x", "f")]
    [InlineData("wal", "--from", "0/2", "--to", "0/1", "f")]
    [InlineData("wal", "--limit", "0", "f")]
    [InlineData("wal", "--rmgr", "nobody", "f")]
    [InlineData("control")]
    [InlineData("slot", "--nothing", "f")]
    [InlineData("other", "f")]
    public async Task A_wrong_command_line_has_exit_code_2(params string[] arguments)
    {
        var said = await Inspected.Run(arguments);
        Assert.Equal(2, said.Code);
        Assert.NotEmpty(said.Error);
    }

    [Theory]
    [InlineData("control")]
    [InlineData("slot")]
    [InlineData("history")]
    [InlineData("wal")]
    public async Task Help_shows_an_example(string what)
    {
        var said = await Inspected.Run(what, "--help");
        Assert.Equal(0, said.Code);
        Assert.Matches($"Examples?:\\s+pgha inspect {what} ", said.Out);
    }

    public void Dispose() => _folder.Dispose();

    private static byte[] Beginning(string file) => File.ReadAllBytes(file) is var bytes ? bytes[..Math.Min(30, bytes.Length / 3)] : [];

    private string Good(string what) => what switch
    {
        "control" => _folder.Write("good/pg_control", ControlForge.Bytes()),
        "slot" => _folder.Write("good/state", new SlotState { Layout = new(2, 184), Name = "x" }.ToBytes()),
        "history" => _folder.Write("good/00000002.history", "1\t0/3000148\tx\n"u8),
        _ => _folder.Write($"good/{Segment}", SoundSegment()),
    };

    private static byte[] SoundSegment()
    {
        var forge = new WalForge(startSegment: 16);
        foreach (var length in (int[])[100, 9000, 20, 0, 30_000, 8, 500])
            forge.Append(10, 0, WalForge.MainData(length));
        return [.. forge.Bytes, .. new byte[WalForge.SegmentSize - forge.Bytes.Length]];
    }
}
