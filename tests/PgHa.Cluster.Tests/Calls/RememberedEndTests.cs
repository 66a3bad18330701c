using System.Globalization;
using System.Text.RegularExpressions;

namespace PgHa.Cluster.Tests.Calls;

/// <summary>The end of a stopped node's WAL is remembered, but never over a server that ran in between (fact 29).</summary>
public sealed partial class RememberedEndTests : ClusterTest
{
    private const int Again = 15;

    /// <summary>
    /// N1 is a cleanly stopped former primary that was given WAL of its successor: its chain reaches far past its checkpoint. Started by
    /// hand it overwrites a little of that, and is killed. What follows are pages with right addresses, links and checksums.
    /// </summary>
    [Theory]
    [InlineData(false), InlineData(true)]
    public async Task After_an_overwrite_on_the_same_timeline_the_old_end_is_not_believed(bool timesSetBack)
    {
        var cluster = await PrimaryStopped();
        var (one, two) = (cluster.N1, cluster.N2);
        await cluster.Play("POST N2 instance/failover/restart → inactive, single");
        await two.Postgres.Execute("CREATE TABLE filling AS SELECT i, repeat('x', 500) FROM generate_series(1, 8000) i");
        await cluster.Play("DELETE N2 instance/current → inactive, inactive");
        foreach (var name in two.Segments().Where(name => string.CompareOrdinal(name, LastSegment(one)) >= 0))
            Assert.Equal(200, (await one.Upload(name, await two.ReadWal(name))).Status);
        var old = await End(one);
        Assert.Equal(await End(two), old);
        var last = one.Wal(LastSegment(one));
        var written = File.GetLastWriteTimeUtc(last);
        await one.Postgres.StartAsPrimary();
        await cluster.Ledger.Insert(one);
        await one.Postgres.KillAndWait();
        if (timesSetBack) File.SetLastWriteTimeUtc(last, written);
        var now = await End(one);
        Assert.True(now < old, $"{now:X} is not before {old:X}");
        Assert.Equal(await EndByPgWaldump(one), now);
        Assert.Equal(now, await PositionEnd(one));
        Assert.Equal(now, await End(one));
    }

    [Fact]
    public async Task Asked_again_the_end_is_the_same_and_follows_what_is_added()
    {
        var cluster = await BothRunning();
        await cluster.Play("DELETE N2 instance/current → single, inactive");
        var (one, two) = (cluster.N1, cluster.N2);
        var first = await End(two);
        Assert.Equal(first, await PositionEnd(two));
        await two.Postgres.Start();
        await Wait.Until("N2 streams", () => two.Postgres.StreamsFrom(one.Postgres));
        await cluster.Ledger.Insert(one);
        await cluster.Play("DELETE N2 instance/current → single, inactive");
        var second = await End(two);
        Assert.True(second > first);
        Assert.Equal(second, await PositionEnd(two));
        Assert.Equal(await EndByPgWaldump(two), second);
    }

    [Fact]
    public async Task On_a_running_node_the_last_record_is_the_last_before_the_position_of_its_server()
    {
        var cluster = await BothRunning();
        foreach (var rows in new[] { 1, 300, 20_000 })
        {
            await cluster.N1.Postgres.Execute($"CREATE TABLE filling{rows} AS SELECT i, repeat('x', 500) FROM generate_series(1, {rows}) i");
            await Wait.Until("N2 has it", async () => await End(cluster.N2) == await End(cluster.N1));
            var lsn = (await cluster.N1.Api.Get("lsn/current")).Field(cluster.N1.Name)!.Value;
            Assert.Contains($"lsn: {Padded(lsn.GetProperty("lastLsn").GetString()!)}", await PgWaldump(cluster.N1), StringComparison.Ordinal);
        }
    }

    /// <summary>One pass over a gigabyte the first time; after that nothing of it is read again.</summary>
    [Fact, Trait("Category", "Long")]
    public async Task A_gigabyte_behind_the_checkpoint_is_read_once()
    {
        var cluster = Keep(await TestCluster.AllRunning(prepare: each => each.N1.AddToPostgresConf("max_wal_size = 8GB\ncheckpoint_timeout = 1h\nwal_keep_size = 0")));
        var node = cluster.N1;
        await cluster.Play("DELETE N2 instance/current → single, inactive");
        for (var i = 0; i < 17; i++)
            await node.Postgres.Execute("SELECT count(pg_logical_emit_message(false, 'filling', repeat('x', 64000))) FROM generate_series(1, 1000)");
        await AssertRemembered(node, "running");
        await node.Postgres.Stop("immediate");
        var before = BytesRead(node);
        var first = await node.Api.Get("lsn/current");
        Assert.InRange(BytesRead(node) - before, 1L << 30, 2L << 30);
        var lsn = first.Field(node.Name)!.Value;
        Assert.InRange(Number(lsn.GetProperty("endLsn").GetString()!) - Number(lsn.GetProperty("chkPoint").GetString()!), 1UL << 30, 2UL << 30);
        await AssertRemembered(node, "stopped");
    }

    /// <summary>What the agent reads for a call, in bytes: how long a call takes is up to the machine.</summary>
    private static async Task AssertRemembered(TestNode node, string what)
    {
        await node.Api.Get("lsn/current");
        var before = BytesRead(node);
        for (var i = 0; i < Again; i++) Assert.Equal(200, (await node.Api.Get("lsn/current")).Status);
        var each = (BytesRead(node) - before) / Again;
        TestContext.Current.TestOutputHelper?.WriteLine($"{what}: {each} bytes read for each call");
        Assert.InRange(each, 0, 4 << 20);
    }

    /// <summary>What the agent's process has read so far, from files and sockets.</summary>
    private static long BytesRead(TestNode node) =>
        long.Parse(File.ReadLines($"/proc/{node.Agent.Pid}/io").First().Split(' ')[1], CultureInfo.InvariantCulture);

    private static string LastSegment(TestNode node) =>
        (node.Api.Get("lsn/current").Result.Field(node.Name)!.Value.GetProperty("walFile").GetString())!;

    private static async Task<ulong> End(TestNode node) =>
        Number((await node.Api.Get("lsn/current")).Field(node.Name)!.Value.GetProperty("endLsn").GetString()!);

    /// <summary>The position that proofs use.</summary>
    private static async Task<ulong> PositionEnd(TestNode node) => Number((await node.Api.Get("../v2/node/wal")).Field("end")!.Value.GetString()!);

    private static async Task<ulong> EndByPgWaldump(TestNode node) => Number(ErrorAt().Match(await PgWaldump(node)).Groups[1].Value);

    /// <summary>From the checkpoint on. It ends with an error where WAL ends, and says where.</summary>
    private static async Task<string> PgWaldump(TestNode node)
    {
        var control = await node.Postgres.ControlData();
        var dump = Path.Combine(AsPostgres.BinDir, "pg_waldump");
        return await AsPostgres.Run("/bin/sh", "-c", "\"$0\" -p \"$1\" -s \"$2\" 2>&1; true", dump, node.Wal(""), control["Latest checkpoint location"]);
    }

    private static string Padded(string lsn) => $"{lsn.Split('/')[0]}/{lsn.Split('/')[1].PadLeft(8, '0')}";

    private static ulong Number(string lsn) =>
        (ulong.Parse(lsn.Split('/')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture) << 32) | ulong.Parse(lsn.Split('/')[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"(?:error in WAL record at [0-9A-F]+/[0-9A-F]+: .* at|invalid .* at) ([0-9A-F]+/[0-9A-F]+)")]
    private static partial Regex ErrorAt();
}
