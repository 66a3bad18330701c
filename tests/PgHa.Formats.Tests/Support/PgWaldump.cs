using System.Globalization;
using System.Text.RegularExpressions;
using PgHa.Formats.Wal;

namespace PgHa.Formats.Tests.Support;

/// <summary>What pg_waldump says of a server's WAL.</summary>
internal sealed partial record PgWaldump(IReadOnlyList<string> Records, Lsn End)
{
    public static async Task<PgWaldump> Run(Postgres server, Lsn start)
    {
        var control = server.Control;
        var result = await Shell.TryRun("/usr/lib/postgresql/15/bin/pg_waldump", "-p", server.WalFolder,
            "-t", control.CheckPointCopy.ThisTimeline.ToString(), "-s", start.ToString());
        var records = result.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line =>
        {
            var m = RecordLine().Match(line);
            Assert.True(m.Success, line);
            return Line(m.Groups[1].Value, m.Groups[2].Value, m.Groups[3].Value, Lsn.Parse(m.Groups[4].Value), Lsn.Parse(m.Groups[5].Value));
        });
        return new PgWaldump([.. records], EndOf(result.Error, server, records.Count()));
    }

    public static string Line(in WalRecordHeader r) => Line(
        ResourceManager.NameOf(r.Rmgr), r.TotalLength.ToString(CultureInfo.InvariantCulture),
        r.Xid.ToString(CultureInfo.InvariantCulture), r.Lsn, r.Prev);

    private static string Line(string rmgr, string length, string xid, Lsn lsn, Lsn prev) => $"{rmgr} len {length} tx {xid} lsn {lsn} prev {prev}";

    // The error line names the position where the next record would be: "... at 0/15657C0: wanted 24, got 0".
    private static Lsn EndOf(string error, Postgres server, int count)
    {
        var m = EndLine().Match(error);
        Assert.True(m.Success, $"{count} records in {server.WalFolder}, then: {error}");
        return Lsn.Parse(m.Groups[1].Value);
    }

    [GeneratedRegex(@"^rmgr: (\w+) +len \(rec/tot\): +\d+/ *(\d+), tx: +(\d+), lsn: ([0-9A-F/]+), prev ([0-9A-F/]+), desc: ")]
    private static partial Regex RecordLine();

    [GeneratedRegex(@"error in WAL record at [0-9A-F/]+: .* at ([0-9A-F]+/[0-9A-F]+)")]
    private static partial Regex EndLine();
}
