using System.Buffers.Binary;
using System.Globalization;
using PgHa.Formats.Slots;

namespace PgHa.Inspect;

/// <summary><c>pgha inspect slot</c>.</summary>
internal static class SlotInspection
{
    private const int MostBytes = 1 << 16;

    internal static void Inspect(string path, Report report)
    {
        var file = Directory.Exists(path) ? Path.Combine(path, "state") : path;
        var bytes = SmallFile.Read(file, "a slot's state file", MostBytes);
        if (!bytes.IsOk)
        {
            report.Fail(bytes.Error, "give a folder in pg_replslot, or the file state in it");
            return;
        }
        var slot = SlotState.Read(bytes.Value, file);
        if (slot.IsOk)
            Field.Show(file, Of(slot.Value, BinaryPrimitives.ReadUInt32LittleEndian(bytes.Value.AsSpan(4))), report);
        else
            report.Fail(slot.Error, "a server does not start with such a file in pg_replslot: bring the slot's own file back, or remove its folder");
    }

    private static List<Field> Of(SlotState slot, uint crc)
    {
        var layout = slot.Layout;
        List<Field> fields =
        [
            new("name", "Name", slot.Name),
            new("kind", "Kind", slot.IsLogical ? "logical" : "physical"),
            new("plugin", "Output plugin", slot.Plugin),
            new("database", "Database (OID)", slot.Database),
            new("persistency", "Persistency", slot.Persistency.ToString().ToLowerInvariant()),
            new("xmin", "xmin", slot.Xmin),
            new("catalog_xmin", "catalog_xmin", slot.CatalogXmin),
            new("restart_lsn", "restart_lsn", slot.RestartLsn),
            new("confirmed_flush_lsn", "confirmed_flush_lsn", slot.ConfirmedFlush),
        ];
        if (layout is { Version: 2, Length: > 160 })
            fields.Add(new("invalidated_at", "Invalidated at", slot.InvalidatedAt));
        if (layout.Version >= 3)
            fields.Add(new("invalidation", "Invalidation cause", CauseOf(slot.InvalidationCause)));
        if (layout.Length >= 184)
            fields.AddRange([new("two_phase", "Two-phase", slot.TwoPhase), new("two_phase_at", "Two-phase at", slot.TwoPhaseAt)]);
        if (layout.Version >= 5)
            fields.AddRange([new("failover", "Failover", slot.Failover), new("synced", "Synced", slot.Synced)]);
        fields.AddRange(
        [
            new("magic", "Magic", SlotState.Magic.ToString("x", CultureInfo.InvariantCulture)),
            new("crc", "CRC-32C (verified)", crc.ToString("x8", CultureInfo.InvariantCulture)),
            new("version", "Version", layout.Version),
            new("length", "Length", layout.Length),
            new("written_by", "Layout of PostgreSQL", WrittenBy(layout)),
        ]);
        return fields;
    }

    // ReplicationSlotInvalidationCause, replication/slot.h: counted 1, 2, 3 in 16 and 17; 1, 2, 4, 8 in 18.
    private static string CauseOf(uint cause) => cause switch
    {
        0 => "none",
        1 => "wal_removed",
        2 => "rows_removed",
        3 or 4 => "wal_level_insufficient",
        8 => "idle_timeout",
        _ => cause.ToString(CultureInfo.InvariantCulture),
    };

    private static string WrittenBy(SlotLayout layout) => (layout.Version, layout.Length) switch
    {
        (2, 160) => "10 to 12",
        (2, 168) => "13",
        (2, _) => "14 and 15",
        (3, _) => "16",
        _ => "17 and 18",
    };
}
