using System.Globalization;
using System.Text;
using PgHa.Formats;
using PgHa.Formats.Wal;

namespace PgHa.Inspect;

/// <summary>Records one on a line, for people.</summary>
internal static class WalListing
{
    private const string Columns = "{0,-13}{1,8}  {2,-17} {3,-22} {4,10}  {5,-13} {6}";
    private static readonly CompositeFormat Row = CompositeFormat.Parse(Columns);

    /// <summary>Begins a stream.</summary>
    internal static void Begin(WalStream stream, Report report)
    {
        if (report.IsJson)
            return;
        report.Heading($"{stream.Name}: {stream.Start} to {stream.End}");
        report.Line(string.Format(CultureInfo.InvariantCulture, Row, "LSN", "length", "rmgr", "operation", "xid", "prev", "details"));
    }

    /// <summary>Shows the record that a reader has come to.</summary>
    internal static FormatError? Show(WalReader reader, Report report)
    {
        if (!WalRecord.TryRead(reader.Current, reader.Data, reader.Major, out var record, out var error))
            return error;
        if (report.IsJson)
            WalRecordJson.Write(record, reader.Major, report);
        else
            Line(record, reader.Major, report);
        return null;
    }

    private static void Line(in WalRecord record, int major, Report report)
    {
        ref readonly var header = ref record.Header;
        report.Line(string.Format(CultureInfo.InvariantCulture, Row, header.Lsn, header.TotalLength,
            ResourceManager.NameOf(header.Rmgr), record.Operation, header.Xid, header.Prev, Details(record, major)).TrimEnd());
    }

    private static string Details(in WalRecord record, int major)
    {
        var text = new StringBuilder();
        if (TransactionEnd.TryRead(record, major, out var end, out _))
        {
            if (end.Xid != record.Header.Xid)
                text.Append(CultureInfo.InvariantCulture, $"xid {end.Xid} ");
            text.Append(Field.TimeText(end.Time));
        }
        foreach (var block in record)
        {
            text.Append(CultureInfo.InvariantCulture,
                $"{(text.Length > 0 ? "; " : "")}#{block.Id} {block.Relation} {WalRecordJson.NameOf(block.Fork)} block {block.Block}");
            if (block.Image is { } image)
                text.Append(ImageText(image));
        }
        return text.ToString();
    }

    private static string ImageText(in PageImage image)
    {
        var hole = image.HoleLength == 0 ? "" : $", hole of {image.HoleLength} at {image.HoleOffset}";
        var method = image.Compression == ImageCompression.None ? "" : $", {WalRecordJson.NameOf(image.Compression)}";
        return $" image of {image.Length}{hole}{method}{(image.Apply ? "" : ", for verification only")}";
    }
}
