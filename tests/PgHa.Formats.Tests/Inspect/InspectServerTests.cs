using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using PgHa.Formats.Tests.Support;

namespace PgHa.Formats.Tests.Inspect;

/// <summary><c>pgha inspect</c> beside PostgreSQL's own tools, on the same real files.</summary>
public sealed partial class InspectServerTests(InspectedServer inspected) : IClassFixture<InspectedServer>
{
    private readonly Postgres _server = inspected.Server;

    [Fact]
    public async Task Control_says_field_for_field_what_pg_controldata_says()
    {
        var said = await Inspected.Run("control", _server.Data);
        var expected = PgControlData.Normalize(await Shell.Run("/usr/lib/postgresql/15/bin/pg_controldata", _server.Data));
        Assert.Equal(expected.Select(InIso), PgControlData.Normalize(string.Join('\n', said.Lines.Skip(1))));
        Assert.Equal((0, ""), (said.Code, said.Error));
        Assert.Equal(said.Out, (await Inspected.Run("control", Path.Combine(_server.Data, "global/pg_control"))).Out);
    }

    [Fact]
    public async Task Control_as_JSON_has_a_key_for_every_field()
    {
        var json = Assert.Single((await Inspected.Run("control", "--json", _server.Data)).Objects);
        var text = (await Inspected.Run("control", _server.Data)).Lines;
        Assert.Equal(text.Count, json.EnumerateObject().Count());
        Assert.All(json.EnumerateObject(), p => Assert.Matches("^[a-z0-9_]+$", p.Name));
        var control = _server.Control;
        Assert.Equal(control.CheckPoint.ToString(), json.GetProperty("checkpoint_lsn").GetString());
        Assert.Equal(control.SystemIdentifier.ToString(CultureInfo.InvariantCulture), json.GetProperty("system_identifier").GetString());
        Assert.Equal(control.MaxConnections, json.GetProperty("max_connections").GetInt32());
        Assert.Equal(control.Time, json.GetProperty("pg_control_last_modified").GetDateTimeOffset());
    }

    [Fact]
    public async Task Wal_lists_record_for_record_what_pg_waldump_lists()
    {
        var expected = await PgWaldump.Run(_server, inspected.Start);
        var said = await Inspected.Run("wal", "--json", "--from", inspected.Start.ToString(), _server.WalFolder);
        Assert.Equal(expected.Records, said.Objects.SkipLast(1).Select(PgWaldump.Describe));
        Assert.True(expected.Records.Count > 10_000);
        var end = said.Objects[^1].GetProperty("end");
        Assert.Equal((expected.End.ToString(), "zero_length"), (end.GetProperty("lsn").GetString(), end.GetProperty("reason").GetString()));
        Assert.Equal((0, ""), (said.Code, said.Error));
    }

    [Fact]
    public async Task Wal_for_people_has_a_line_for_each_of_these_records()
    {
        var json = (await Inspected.Run("wal", "--json", _server.Data)).Objects;
        var lines = (await Inspected.Run("wal", _server.Data)).Lines;
        Assert.Equal(json.Count - 1, lines.Count - 3);
        foreach (var (record, line) in json.SkipLast(1).Zip(lines.Skip(2)))
            Assert.StartsWith(
                $"{record.GetProperty("lsn"),-13}{record.GetProperty("length"),8}  {record.GetProperty("rmgr")} ", line, StringComparison.Ordinal);
        Assert.StartsWith("The WAL ends at ", lines[^1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--stats", "--stats=rmgr")]
    [InlineData("--per-operation", "--stats=record")]
    public async Task Statistics_are_the_numbers_of_pg_waldump(string option, string waldumps)
    {
        var theirs = (await Shell.TryRun("/usr/lib/postgresql/15/bin/pg_waldump", waldumps, "-p", _server.WalFolder, "-s", inspected.Start.ToString())).Out;
        var expected = StatisticsLine().Matches(theirs).Where(m => m.Groups[2].Value != "0")
            .Select(m => string.Join(' ', m.Groups.Cast<Group>().Skip(1).Select(g => g.Value))).ToList();
        var said = await Inspected.Run("wal", option, "--from", inspected.Start.ToString(), _server.WalFolder);
        Assert.Equal(expected, said.Lines.Skip(1).Select(l => Blanks().Replace(l.Trim(), " ")).Where(l => l.Length > 0 && !l.StartsWith("total ") && !l.StartsWith("The ")));
        Assert.True(expected.Count >= 15, theirs);

        var json = (await Inspected.Run("wal", option, "--json", "--from", inspected.Start.ToString(), _server.WalFolder)).Objects[0];
        var rows = json.GetProperty("statistics").EnumerateArray().ToList();
        Assert.Equal(expected.Count, rows.Count);
        Assert.Equal(rows.Sum(r => r.GetProperty("combined_bytes").GetInt64()), json.GetProperty("total").GetProperty("combined_bytes").GetInt64());
        Assert.Contains($"Total {json.GetProperty("total").GetProperty("count").GetInt64()} ", Blanks().Replace(theirs, " "), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_range_a_limit_and_resource_managers_choose_records()
    {
        var all = (await Inspected.Run("wal", "--json", _server.WalFolder)).Objects.SkipLast(1).ToList();
        var (from, to) = (all[1000].GetProperty("lsn").GetString()!, all[2000].GetProperty("lsn").GetString()!);
        var range = (await Inspected.Run("wal", "--json", "--from", from, "--to", to, _server.WalFolder)).Objects;
        Assert.Equal(all[1000..2000].Select(r => r.GetRawText()), range.SkipLast(1).Select(r => r.GetRawText()));
        var limited = (await Inspected.Run("wal", "--json", "--from", from, "--limit", "7", _server.WalFolder)).Objects;
        Assert.Equal(all[1000..1007].Select(r => r.GetRawText()), limited.SkipLast(1).Select(r => r.GetRawText()));
        Assert.Equal("--limit", limited[^1].GetProperty("end").GetProperty("reason").GetString());
        var ends = (await Inspected.Run("wal", "--json", "--rmgr", "transaction", "--rmgr", "Standby", _server.WalFolder)).Objects.SkipLast(1);
        Assert.Equal(
            all.Where(r => r.GetProperty("rmgr").GetString() is "Transaction" or "Standby").Select(r => r.GetRawText()), ends.Select(r => r.GetRawText()));
    }

    [Fact]
    public async Task Segments_one_by_one_are_read_together_and_a_partial_one_like_any_other()
    {
        using var folder = new TemporaryFolder();
        var segments = Directory.GetFiles(_server.WalFolder, "00000001*").Order().Take(2).ToArray();
        var both = await Inspected.Run(["wal", "--stats", .. segments]);
        var partial = folder.Path(Path.GetFileName(segments[1]) + ".partial");
        File.Copy(segments[1], partial);
        var again = await Inspected.Run("wal", "--stats", partial, segments[0]);
        Assert.Equal(both.Lines.SkipLast(1), again.Lines.SkipLast(1));
        Assert.Equal((0, 0), (both.Code, again.Code));
        Assert.Contains("missing_segment", both.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Slots_are_what_pg_replication_slots_said()
    {
        var folders = Directory.GetDirectories(Path.Combine(_server.Data, "pg_replslot")).Order().ToArray();
        var said = await Inspected.Run(["slot", "--json", .. folders]);
        string[] keys = ["name", "kind", "plugin", "database", "catalog_xmin", "restart_lsn", "confirmed_flush_lsn", "two_phase"];
        Assert.Equal(inspected.Slots, string.Join('\n', said.Objects.Select(o => string.Join('|', keys.Select(k => Short(o.GetProperty(k)))))));
        var text = await Inspected.Run("slot", Path.Combine(folders[0], "state"));
        Assert.Matches($"(?m)^restart_lsn: +{said.Objects[0].GetProperty("restart_lsn")}$", text.Out);
        Assert.Matches("(?m)^CRC-32C \\(verified\\): +[0-9a-f]{8}$", text.Out);
        Assert.Equal((0, ""), (said.Code, said.Error));
    }

    private static string Short(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True => "t",
        JsonValueKind.False => "f",
        _ => value.ToString(),
    };

    // pg_controldata writes times as ctime does; here they are as ISO 8601 has them.
    private static string InIso(string line)
    {
        var parts = line.Split(": ", 2);
        return DateTimeOffset.TryParseExact(parts[1], "ddd MMM d HH:mm:ss yyyy", CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AllowWhiteSpaces, out var time)
            ? $"{parts[0]}: {time:yyyy-MM-dd HH:mm:ss} UTC" : line;
    }

    [GeneratedRegex(@"(?m)^(\S+) +(\d+) \( *([\d.]+)\) +(\d+) \( *([\d.]+)\) +(\d+) \( *([\d.]+)\) +(\d+) \( *([\d.]+)\)$")]
    private static partial Regex StatisticsLine();

    [GeneratedRegex(" +")]
    private static partial Regex Blanks();
}
