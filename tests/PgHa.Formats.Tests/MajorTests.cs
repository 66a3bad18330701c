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
        await ServersControl.Expect(server);
        var slots = await ServersSlots.Ask(server);
        var times = await ServersWal.CommitTimes(server);
        var records = major >= 16 ? await ServersWal.Records(server, start) : null;
        var images = major >= 16 ? await ServersWal.Images(server, start) : null;
        var compressions = (await Workload.Compressions(server, major)).Select(CompressionOf).Order();
        await server.Stop();

        ServersSlots.Expect(server, slots, major);
        Assert.Equal(compressions, ServersWal.Expect(server, start, times, records).Compressions.Order());
        if (images is not null)
            ServersWal.ExpectImages(images.Split('\n').ToHashSet(), server, start);
        await ServersSlots.ExpectAccepted(server, slots);
    }

    private static ImageCompression CompressionOf(string setting) => setting switch
    {
        "off" => ImageCompression.None,
        "on" => ImageCompression.Pglz,
        _ => Enum.Parse<ImageCompression>(setting, ignoreCase: true),
    };
}
