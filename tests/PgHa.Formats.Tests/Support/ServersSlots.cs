using PgHa.Formats.Slots;

namespace PgHa.Formats.Tests.Support;

/// <summary>What a server says of its slots by SQL, and whether it takes what was written for it.</summary>
internal static class ServersSlots
{
    public static Task<string> Ask(Postgres server, string except = "") => server.Sql(
        "select slot_name, coalesce(plugin, ''), coalesce(datoid, 0), coalesce(catalog_xmin::text, '0'), coalesce(restart_lsn - '0/0', 0),"
        + $" coalesce(confirmed_flush_lsn - '0/0', 0) from pg_replication_slots where slot_name <> '{except}' order by slot_name");

    public static void Expect(Postgres server, string said, int major)
    {
        var slots = new List<string>();
        foreach (var folder in Directory.GetDirectories(Path.Combine(server.Data, "pg_replslot")).Order(StringComparer.Ordinal))
        {
            var bytes = File.ReadAllBytes(Path.Combine(folder, "state"));
            var slot = SlotState.Read(bytes, folder).Value;
            Assert.Equal(SlotLayout.Of(major), slot.Layout);
            Assert.Equal(bytes, slot.ToBytes());
            Assert.Equal((slot.Name == "logical" && major >= 14, slot.Name == "carried"), (slot.TwoPhase, slot.Failover));
            slots.Add($"{slot.Name}|{slot.Plugin}|{slot.Database}|{slot.CatalogXmin}|{slot.RestartLsn.Value}|{slot.ConfirmedFlush.Value}");
        }
        Assert.Equal(said, string.Join('\n', slots));
    }

    // A slot made from another's file, under its own name, is there after a start of the same major.
    public static async Task ExpectAccepted(Postgres server, string slots)
    {
        var from = Path.Combine(server.Data, "pg_replslot/logical");
        var slot = SlotState.Read(await File.ReadAllBytesAsync(Path.Combine(from, "state")), from).Value;
        var to = Path.Combine(server.Data, "pg_replslot/made");
        await Shell.Run("cp", "-r", from, to);
        await File.WriteAllBytesAsync(Path.Combine(to, "state"), (slot with { Name = "made" }).ToBytes());
        await server.Start();
        Assert.Equal(slots, await Ask(server, except: "made"));
        Assert.Equal($"pgoutput|{slot.ConfirmedFlush}|t", await server.Sql(
            "select plugin, confirmed_flush_lsn, exists(select pg_replication_slot_advance('made', pg_current_wal_lsn()))"
            + " from pg_replication_slots where slot_name = 'made'"));
        await server.Stop();
    }
}
