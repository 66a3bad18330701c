using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using PgHa.Formats.Wal;

namespace PgHa.Formats.Tests.Support;

/// <summary>What pg_waldump 15 says of a server's WAL, each record in the same words as <see cref="Describe(WalReader)"/> finds for it.</summary>
internal sealed partial record PgWaldump(IReadOnlyList<string> Records, Lsn End)
{
    public static async Task<PgWaldump> Run(Postgres server, Lsn start)
    {
        var result = await Shell.TryRun("/usr/lib/postgresql/15/bin/pg_waldump", "-b", "-p", server.WalFolder,
            "-t", server.Control.CheckPointCopy.ThisTimeline.ToString(), "-s", start.ToString());
        var records = new List<string>();
        foreach (var line in result.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            // A block's line and, if it has one, its image's line follow the record's.
            if (line[0] == '\t')
                records[^1] += line;
            else
                records.Add(RecordOf(line));
        }
        var end = EndLine().Match(result.Error);
        Assert.True(end.Success, $"{records.Count} records in {server.WalFolder}, then: {result.Error}");
        return new PgWaldump(records, Lsn.Parse(end.Groups[1].Value));
    }

    /// <summary>A record as pg_waldump describes it, as far as both know it.</summary>
    public static string Describe(WalReader reader)
    {
        ref readonly var r = ref reader.Current;
        Assert.True(WalRecord.TryRead(r, reader.Data, reader.Major, out var record, out var error), error?.ToString());
        var end = TransactionEnd.TryRead(record, reader.Major, out var transaction, out error) ? TimeOf(transaction, r.Xid) : "";
        Assert.Null(error);
        var text = new StringBuilder(Line(ResourceManager.NameOf(r.Rmgr), r.TotalLength.ToString(CultureInfo.InvariantCulture),
            r.Xid.ToString(CultureInfo.InvariantCulture), r.Lsn, r.Prev, record.Operation, end));
        foreach (var block in record)
            text.Append(CultureInfo.InvariantCulture,
                $"\tblkref #{block.Id}: rel {block.Relation} fork {ForkOf(block.Fork)} blk {block.Block}{ImageOf(block)}");
        return text.ToString();
    }

    /// <summary>The same of a record that <c>pgha inspect wal --json</c> showed.</summary>
    public static string Describe(JsonElement record)
    {
        var end = record.TryGetProperty("transaction_end", out var transaction) ? TimeOf(transaction) : "";
        var text = new StringBuilder(Line(record.GetProperty("rmgr").GetString()!, record.GetProperty("length").ToString(),
            record.GetProperty("xid").ToString(), Lsn.Parse(record.GetProperty("lsn").GetString()!),
            Lsn.Parse(record.GetProperty("prev").GetString()!), record.GetProperty("operation").GetString()!, end));
        foreach (var block in record.GetProperty("blocks").EnumerateArray())
            text.Append(CultureInfo.InvariantCulture, $"\tblkref #{block.GetProperty("id")}: rel {block.GetProperty("tablespace")}/")
                .Append(CultureInfo.InvariantCulture, $"{block.GetProperty("database")}/{block.GetProperty("file_number")}")
                .Append(CultureInfo.InvariantCulture, $" fork {block.GetProperty("fork")} blk {block.GetProperty("block")}{ImageOf(block)}");
        return text.ToString();
    }

    private static string TimeOf(JsonElement end)
    {
        var time = end.GetProperty("time").GetDateTimeOffset().ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture);
        return end.GetProperty("kind").GetString()!.EndsWith("_prepared", StringComparison.Ordinal) ? $"{end.GetProperty("xid")}: {time}" : time;
    }

    private static string ImageOf(JsonElement block)
    {
        if (!block.TryGetProperty("image", out var image))
            return "";
        var (length, hole) = (image.GetProperty("length").GetInt32(), image.GetProperty("hole_length").GetInt32());
        var text = $" (FPW{(image.GetProperty("apply").GetBoolean() ? "" : " for WAL verification")});"
            + $" hole: offset: {image.GetProperty("hole_offset")}, length: {hole}";
        var method = image.GetProperty("compression").GetString();
        return method == "none" ? text : $"{text}, compression saved: {8192 - hole - length}, method: {method}";
    }

    private static string RecordOf(string line)
    {
        var m = RecordLine().Match(line);
        Assert.True(m.Success, line);
        var end = m.Groups[1].Value == "Transaction" ? EndOfTransaction().Match(m.Groups[6].Value + m.Groups[7].Value).Groups : null;
        return Line(m.Groups[1].Value, m.Groups[2].Value, m.Groups[3].Value, Lsn.Parse(m.Groups[4].Value), Lsn.Parse(m.Groups[5].Value),
            m.Groups[6].Value, end is null ? "" : end[1].Value + end[2].Value);
    }

    private static string Line(string rmgr, string length, string xid, Lsn lsn, Lsn prev, string operation, string end) =>
        $"{rmgr} len {length} tx {xid} lsn {lsn} prev {prev} {operation} {end}";

    private static string TimeOf(TransactionEnd end, uint xid)
    {
        var time = end.Time.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture);
        return end.Kind is TransactionEndKind.CommitPrepared or TransactionEndKind.AbortPrepared ? $"{end.Xid}: {time}"
            : end.Xid == xid ? time : "wrong xid";
    }

    private static string ForkOf(ForkName fork) => fork.ToString().ToLowerInvariant();

    private static string ImageOf(in WalBlock block)
    {
        if (block.Image is not { } image)
            return "";
        Assert.Equal(image.Length, block.ImageBytes.Length);
        var text = $" (FPW{(image.Apply ? "" : " for WAL verification")}); hole: offset: {image.HoleOffset}, length: {image.HoleLength}";
        return image.Compression == ImageCompression.None ? text
            : $"{text}, compression saved: {image.RawLength - image.Length}, method: {image.Compression.ToString().ToLowerInvariant()}";
    }

    [GeneratedRegex(@"^rmgr: (\w+) +len \(rec/tot\): +\d+/ *(\d+), tx: +(\d+), lsn: ([0-9A-F/]+), prev ([0-9A-F/]+), desc: (UNKNOWN \(\w+\)|\S+)(.*)$")]
    private static partial Regex RecordLine();

    [GeneratedRegex(@"^(?:COMMIT|ABORT|COMMIT_PREPARED|ABORT_PREPARED) (\d+: )?(\d{4}-\d\d-\d\d [0-9:.]+) UTC")]
    private static partial Regex EndOfTransaction();

    [GeneratedRegex(@"error in WAL record at [0-9A-F/]+: .* at ([0-9A-F]+/[0-9A-F]+)")]
    private static partial Regex EndLine();
}
