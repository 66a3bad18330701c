using System.Text.Json;
using PgHa.Formats.Wal;

namespace PgHa.Inspect;

/// <summary>A record as a JSON object.</summary>
internal static class WalRecordJson
{
    internal static void Write(in WalRecord record, int major, Report report)
    {
        // A lambda cannot take the record along: it lies in the reader's memory. The writer is lent instead.
        var json = report.BeginJson();
        WriteHeader(json, record);
        if (TransactionEnd.TryRead(record, major, out var end, out _))
            WriteEnd(json, end);
        json.WriteStartArray("blocks");
        foreach (var block in record)
            WriteBlock(json, block);
        json.WriteEndArray();
        report.EndJson();
    }

    internal static string NameOf(ForkName fork) => fork switch
    {
        ForkName.Main => "main",
        ForkName.Fsm => "fsm",
        ForkName.Vm => "vm",
        _ => "init",
    };

    internal static string NameOf(ImageCompression compression) => compression switch
    {
        ImageCompression.None => "none",
        ImageCompression.Pglz => "pglz",
        ImageCompression.Lz4 => "lz4",
        _ => "zstd",
    };

    private static void WriteHeader(Utf8JsonWriter json, in WalRecord record)
    {
        ref readonly var header = ref record.Header;
        json.WriteString("lsn", header.Lsn.ToString());
        json.WriteString("end_lsn", header.EndExact.ToString());
        json.WriteNumber("timeline", header.Timeline.Value);
        json.WriteNumber("length", header.TotalLength);
        json.WriteString("rmgr", ResourceManager.NameOf(header.Rmgr));
        json.WriteString("operation", record.Operation);
        json.WriteNumber("xid", header.Xid);
        json.WriteString("prev", header.Prev.ToString());
        json.WriteNumber("fpi_length", record.ImageLength);
        json.WriteNumber("main_data_length", record.MainData.Length);
        if (record.Origin != 0)
            json.WriteNumber("origin", record.Origin);
        if (record.TopLevelXid != 0)
            json.WriteNumber("top_level_xid", record.TopLevelXid);
    }

    private static void WriteEnd(Utf8JsonWriter json, TransactionEnd end)
    {
        json.WriteStartObject("transaction_end");
        json.WriteString("kind", end.Kind switch
        {
            TransactionEndKind.Commit => "commit",
            TransactionEndKind.Abort => "abort",
            TransactionEndKind.CommitPrepared => "commit_prepared",
            _ => "abort_prepared",
        });
        json.WriteNumber("xid", end.Xid);
        json.WriteString("time", Field.TimeJson(end.Time));
        json.WriteNumber("subtransactions", end.Subtransactions);
        if (end.Gid is not null)
            json.WriteString("gid", end.Gid);
        json.WriteEndObject();
    }

    private static void WriteBlock(Utf8JsonWriter json, in WalBlock block)
    {
        json.WriteStartObject();
        json.WriteNumber("id", block.Id);
        json.WriteNumber("tablespace", block.Relation.Tablespace);
        json.WriteNumber("database", block.Relation.Database);
        json.WriteNumber("file_number", block.Relation.FileNumber);
        json.WriteString("fork", NameOf(block.Fork));
        json.WriteNumber("block", block.Block);
        json.WriteBoolean("will_init", block.WillInit);
        json.WriteNumber("data_length", block.Data.Length);
        if (block.Image is { } image)
        {
            json.WriteStartObject("image");
            json.WriteNumber("length", image.Length);
            json.WriteNumber("hole_offset", image.HoleOffset);
            json.WriteNumber("hole_length", image.HoleLength);
            json.WriteString("compression", NameOf(image.Compression));
            json.WriteBoolean("apply", image.Apply);
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }
}
