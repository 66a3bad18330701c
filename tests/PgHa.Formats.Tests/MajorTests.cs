using System.Globalization;
using PgHa.Formats.Control;
using PgHa.Formats.Slots;
using PgHa.Formats.Tests.Support;
using PgHa.Formats.Wal;

namespace PgHa.Formats.Tests;

/// <summary>Everything against real servers of every major; what they say of themselves by SQL is what must be read.</summary>
[Trait("Category", "Long")]
public sealed class MajorTests
{
    public static TheoryData<int, int> Servers => new() { { 13, 16 }, { 14, 1 }, { 15, 64 }, { 16, 16 }, { 17, 1 }, { 18, 64 } };

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task Control_file_WAL_and_slots_are_what_the_server_says(int major, int segmentMegabytes)
    {
        await using var server = await Postgres.Create(await Majors.Bin(major), segmentMegabytes, Workload.Settings);
        var start = server.Control.CheckPoint;
        await server.Start();
        await server.Sql(
            "select pg_create_physical_replication_slot('physical', true)", "select pg_create_physical_replication_slot('unused')",
            major >= 14 ? "select pg_create_logical_replication_slot('logical', 'pgoutput', false, true)"
                : "select pg_create_logical_replication_slot('logical', 'pgoutput')");
        if (major >= 17)
            await server.Sql("select pg_create_logical_replication_slot('carried', 'test_decoding', false, false, true)");
        await Workload.Run(server, major);
        await server.Sql("select pg_replication_slot_advance('logical', pg_current_wal_lsn())", "checkpoint");
        await ExpectControl(server);
        var slots = await Slots(server);
        var times = await CommitTimes(server);
        var records = major >= 16 ? await Records(server, start) : null;
        var images = major >= 16 ? await Images(server, start) : null;
        var compressions = (await Workload.Compressions(server, major)).Select(CompressionOf).Order();
        await server.Stop();

        ExpectSlots(server, slots, major);
        Assert.Equal(compressions, ExpectWal(server, start, times, records).Compressions.Order());
        if (images is not null)
            ExpectImages(images.Split('\n').ToHashSet(), server, start);
        await ExpectAcceptedSlot(server, slots);
    }

    // The four functions of pg_controldata by SQL give all but a few settings, which the server knows as such.
    private static async Task ExpectControl(Postgres server)
    {
        var c = server.Control;
        var p = c.CheckPointCopy;
        Assert.Equal(DbState.InProduction, c.State);
        Assert.True(c.FloatFormatOk);
        object?[] expected =
        [
            c.PgControlVersion, c.CatalogVersion, c.SystemIdentifier, c.Time.ToUnixTimeSeconds(), c.CheckPoint.Value, p.Redo.Value,
            p.ThisTimeline, p.PrevTimeline, p.FullPageWrites ? "t" : "f", $"{p.NextXidEpoch}:{p.NextXidInEpoch}", p.NextOid,
            p.NextMulti, p.NextMultiOffset, p.OldestXid, p.OldestXidDatabase, p.OldestActiveXid, p.OldestMulti, p.OldestMultiDatabase,
            p.OldestCommitTsXid, p.NewestCommitTsXid, p.Time.ToUnixTimeSeconds(), c.MaxAlign, c.BlockSize, c.RelSegSize, c.WalBlockSize,
            c.WalSegmentSize, c.NameDataLen, c.IndexMaxKeys, c.ToastMaxChunk, c.LoBlockSize, c.Float8ByVal ? "t" : "f",
            c.DataChecksumVersion, c.WalLevel.ToString().ToLowerInvariant(), c.WalLogHints ? "on" : "off", c.MaxConnections,
            c.MaxWorkerProcesses, c.MaxWalSenders, c.MaxPreparedXacts, c.MaxLocksPerXact, c.TrackCommitTimestamp ? "on" : "off",
        ];
        var said = await server.Sql(
            "select s.pg_control_version, catalog_version_no, system_identifier, extract(epoch from pg_control_last_modified)::bigint,"
            + " checkpoint_lsn - '0/0', redo_lsn - '0/0', timeline_id, prev_timeline_id, full_page_writes, next_xid, next_oid,"
            + " next_multixact_id, next_multi_offset, oldest_xid, oldest_xid_dbid, oldest_active_xid, oldest_multi_xid, oldest_multi_dbid,"
            + " oldest_commit_ts_xid, newest_commit_ts_xid, extract(epoch from checkpoint_time)::bigint, max_data_alignment,"
            + " database_block_size, blocks_per_segment, wal_block_size, bytes_per_wal_segment, max_identifier_length, max_index_columns,"
            + " max_toast_chunk_size, large_object_chunk_size, float8_pass_by_value, data_page_checksum_version,"
            + string.Join(',', Settings.Select(name => $" current_setting('{name}')"))
            + " from pg_control_system() s, pg_control_checkpoint(), pg_control_init()");
        Assert.Equal(said, string.Join('|', expected.Select(v => Convert.ToString(v, CultureInfo.InvariantCulture))));
        Assert.Equal(c.PgControlVersion >= 1700 ? WalLevel.Logical : null, p.WalLevel);
        Assert.Equal(c.PgControlVersion >= 1800 ? true : null, c.DefaultCharSignedness);
        Assert.Equal(64, c.MockAuthenticationNonce.Length);
    }

    private static readonly string[] Settings =
    [
        "wal_level", "wal_log_hints", "max_connections", "max_worker_processes", "max_wal_senders", "max_prepared_transactions",
        "max_locks_per_transaction", "track_commit_timestamp",
    ];

    private static Task<string> Slots(Postgres server, string except = "") => server.Sql(
        "select slot_name, coalesce(plugin, ''), coalesce(datoid, 0), coalesce(catalog_xmin::text, '0'), coalesce(restart_lsn - '0/0', 0),"
        + $" coalesce(confirmed_flush_lsn - '0/0', 0) from pg_replication_slots where slot_name <> '{except}' order by slot_name");

    private static void ExpectSlots(Postgres server, string said, int major)
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
    private static async Task ExpectAcceptedSlot(Postgres server, string slots)
    {
        var from = Path.Combine(server.Data, "pg_replslot/logical");
        var slot = SlotState.Read(await File.ReadAllBytesAsync(Path.Combine(from, "state")), from).Value;
        var to = Path.Combine(server.Data, "pg_replslot/made");
        await Shell.Run("cp", "-r", from, to);
        await File.WriteAllBytesAsync(Path.Combine(to, "state"), (slot with { Name = "made" }).ToBytes());
        await server.Start();
        Assert.Equal(slots, await Slots(server, except: "made"));
        Assert.Equal($"pgoutput|{slot.ConfirmedFlush}|t", await server.Sql(
            "select plugin, confirmed_flush_lsn, exists(select pg_replication_slot_advance('made', pg_current_wal_lsn()))"
            + " from pg_replication_slots where slot_name = 'made'"));
        await server.Stop();
    }

    private static Task<string> CommitTimes(Postgres server) => server.Sql(
        "select x, (extract(epoch from pg_xact_commit_timestamp(x)) * 1000000)::bigint from"
        + " (select distinct xmin x from t union select distinct xmin from p union select distinct xmin from big) t order by x::text::bigint");

    private static Task<string> Records(Postgres server, Lsn start) => server.Sql(
        "create extension if not exists pg_walinspect",
        "select resource_manager, record_type, xid, start_lsn - '0/0', end_lsn - '0/0', prev_lsn - '0/0', record_length, main_data_length,"
        + $" fpi_length, coalesce(length(block_ref), 0) > 0 from pg_get_wal_records_info('{start}', pg_current_wal_flush_lsn())");

    // Where the server restores images itself, to the whole page.
    private static Task<string> Images(Postgres server, Lsn start) => server.Sql(
        "create extension if not exists pg_walinspect", "select start_lsn - '0/0', block_id, md5(block_fpi_data)"
        + $" from pg_get_wal_block_info('{start}', pg_current_wal_flush_lsn()) where block_fpi_data is not null");

    private static void ExpectImages(HashSet<string> said, Postgres server, Lsn start)
    {
        using var wal = WalFolder.Of(server);
        var page = new byte[PageImage.PageSize];
        var restored = new HashSet<ImageCompression>();
        // What was written after the question is in the WAL, but not in the answer.
        var asked = said.Max(line => ulong.Parse(line.Split('|')[0], CultureInfo.InvariantCulture));
        for (var reader = wal.Reader(start); reader.MoveNext() && reader.Current.Lsn.Value <= asked;)
        {
            Assert.True(WalRecord.TryRead(reader.Current, reader.Data, reader.Major, out var record, out _));
            foreach (var block in record)
            {
                if (!block.TryRestoreImage(page))
                    continue;
#pragma warning disable CA5351 // The server offers md5.
                var line = $"{record.Header.Lsn.Value}|{block.Id}|{Convert.ToHexStringLower(System.Security.Cryptography.MD5.HashData(page))}";
#pragma warning restore CA5351
                Assert.Contains(line, said);
                restored.Add(block.Image!.Value.Compression);
            }
        }
        Assert.Superset(new HashSet<ImageCompression> { ImageCompression.None, ImageCompression.Pglz }, restored);
    }

    private static Seen ExpectWal(Postgres server, Lsn start, string times, string? records)
    {
        using var wal = WalFolder.Of(server);
        var seen = Seen.In(wal.Reader(start));
        Assert.DoesNotContain(seen.Operations, o => o.Contains("UNKNOWN", StringComparison.Ordinal));
        Assert.InRange(seen.Operations.Count, 70, int.MaxValue);
        ExpectTimes(times, seen);

        var end = WalEnd.Find(wal.Read, server.Control.WalSegmentSize, start);
        Assert.Equal(server.Control.CheckPoint, end.LastRecord);
        Assert.Equal(end with { Detail = null }, WalEnd.Find(wal.Read, server.Control.WalSegmentSize, end.LastRecord) with { Detail = null });
        if (records is not null)
            ExpectRecords(records.Split('\n'), wal.Reader(start));
        return seen;
    }

    private static void ExpectTimes(string times, Seen seen)
    {
        var ends = seen.Ends.Where(e => e.Kind is TransactionEndKind.Commit or TransactionEndKind.CommitPrepared)
            .ToDictionary(e => e.Xid, e => (e.Time - DateTimeOffset.UnixEpoch).Ticks / 10);
        var checkedOnes = 0;
        foreach (var line in times.Split('\n'))
        {
            var parts = line.Split('|');
            if (parts[1].Length == 0 || !ends.TryGetValue(uint.Parse(parts[0], CultureInfo.InvariantCulture), out var time))
                continue;
            Assert.Equal(long.Parse(parts[1], CultureInfo.InvariantCulture), time);
            checkedOnes++;
        }
        Assert.InRange(checkedOnes, 5, int.MaxValue);
        Assert.Contains(seen.Ends, e => e is { Kind: TransactionEndKind.CommitPrepared, Gid: "kept" });
        Assert.Contains(seen.Ends, e => e is { Kind: TransactionEndKind.AbortPrepared, Gid: "dropped" });
        Assert.Contains(seen.Ends, e => e is { Kind: TransactionEndKind.Commit, Subtransactions: 1 });
        Assert.Contains(seen.Ends, e => e.Kind == TransactionEndKind.Abort);
    }

    private static void ExpectRecords(string[] said, WalReader reader)
    {
        foreach (var line in said)
        {
            Assert.True(reader.MoveNext(), reader.EndError?.ToString());
            Assert.True(WalRecord.TryRead(reader.Current, reader.Data, reader.Major, out var record, out _));
            var images = 0;
            foreach (var block in record)
                images += block.ImageBytes.Length;
            var h = record.Header;
            Assert.Equal(line, string.Create(CultureInfo.InvariantCulture,
                $"{ResourceManager.NameOf(h.Rmgr)}|{record.Operation}|{h.Xid}|{h.Lsn.Value}|{h.End.Value}|{h.Prev.Value}|{h.TotalLength}|")
                + $"{record.MainData.Length}|{images}|{(record.BlockCount > 0 ? "t" : "f")}");
        }
        Assert.InRange(said.Length, 10_000, int.MaxValue);
    }

    private static ImageCompression CompressionOf(string setting) => setting switch
    {
        "off" => ImageCompression.None,
        "on" => ImageCompression.Pglz,
        _ => Enum.Parse<ImageCompression>(setting, ignoreCase: true),
    };
}
