using Npgsql;
using PgHa.Cluster.Tests.Failover;

namespace PgHa.Cluster.Tests.Faults;

/// <summary>The primary's disk is full, in automatic mode.</summary>
public sealed class FullDiskTests : ClusterTest, IAsyncDisposable
{
    private const string Much = "CREATE TABLE IF NOT EXISTS bulk (filler text); INSERT INTO bulk SELECT repeat(md5(i::text), 30) FROM generate_series(1, 20000) i";
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(10);
    private readonly List<TestNode> nodes = [];
    private SmallDisk? disk;

    /// <summary>The server ends over a write of WAL that finds no room, cannot be started again in place, and its place passes on. With room again the node follows.</summary>
    [Fact, Trait("Category", "Long")]
    public async Task A_primary_without_room_for_its_WAL_is_replaced_and_follows_when_there_is_room_again()
    {
        await using var automatic = await Running("pg_wal");
        var cluster = automatic.Cluster;
        await using (new WritingClients(cluster, Pace))
        {
            await Wait.Until("rows are written", () => cluster.Ledger.CountOn(cluster.N1) > 20);
            await disk!.FillUp();
            await AnotherServes(cluster, () => WriteMuch(cluster.N1));
        }
        await FollowsInTheEnd(cluster);
    }

    /// <summary>What needs more room is refused, until the next checkpoint, which needs some itself: PostgreSQL ends over it, and its place passes on.</summary>
    [Fact, Trait("Category", "Long")]
    public async Task A_primary_without_room_for_its_data_stays_until_its_next_checkpoint_and_is_replaced_then()
    {
        await using var automatic = await Running("");
        var cluster = automatic.Cluster;
        await using (new WritingClients(cluster, Pace))
        {
            await Wait.Until("rows are written", () => cluster.Ledger.CountOn(cluster.N1) > 20);
            await disk!.FillUp();
            var refused = await Assert.ThrowsAsync<PostgresException>(() => cluster.N1.Postgres.Execute(Much));
            Assert.Equal(PostgresErrorCodes.DiskFull, refused.SqlState);
            await Task.Delay(AutomaticCluster.D * 2, TestContext.Current.CancellationToken);
            Assert.True(await Seen.AcceptsWrites(cluster.N1));
            Assert.Equal(1, await AutomaticCluster.Epoch(cluster.N1));
            await Assert.ThrowsAnyAsync<NpgsqlException>(() => cluster.N1.Postgres.Execute("CHECKPOINT"));
            await AnotherServes(cluster, () => Task.CompletedTask);
        }
        await FollowsInTheEnd(cluster);
    }

    private async Task AnotherServes(TestCluster cluster, Func<Task> meanwhile)
    {
        var took = await Wait.Until("another node serves", async () =>
        {
            await meanwhile();
            return await Seen.AcceptsWrites(cluster.N2) || await Seen.AcceptsWrites(cluster.N3);
        }, 60);
        FaultRun.Say($"another one was writable after {FaultRun.Seconds(took)}");
        var next = await Seen.AcceptsWrites(cluster.N2) ? cluster.N2 : cluster.N3;
        await Seen.Serves(next);
        await Wait.Until("rows are written there", () => cluster.Ledger.CountOn(next) > 20, 20);
        disk!.MakeRoom();
    }

    /// <summary>To stream is not enough: a server may end over what it has got.</summary>
    private static async Task FollowsInTheEnd(TestCluster cluster)
    {
        var last = cluster.Ledger.Acknowledged.Max();
        await Wait.Until("N1 has the last row", async () => await Has(cluster.N1, last), 60);
        await cluster.Ledger.AssertOnEveryRunningNode();
        Assert.Equal(3, cluster.Nodes.Count(n => n.Postgres.IsRunning));
        cluster.Ledger.Reigns();
    }

    /// <summary>The server first: its processes are not found where its disk is gone.</summary>
    async ValueTask IAsyncDisposable.DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var node in nodes) await node.Abandon();
        if (disk is not null) await disk.DisposeAsync();
        await DisposeAsync();
    }

    private async Task<AutomaticCluster> Running(string onDisk)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "a disk is only mounted by root");
        return await AutomaticCluster.Running(Keep, sync: "quorum", prepare: node => Prepare(node, onDisk));
    }

    private static async Task<bool> Has(TestNode node, long row)
    {
        try
        {
            return node.Postgres.IsRunning && await node.Postgres.Ask<long>($"SELECT count(*) FROM ledger WHERE id = {row}") == 1;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    /// <summary>WAL, more than what is left of its file.</summary>
    private static async Task WriteMuch(TestNode node)
    {
        try
        {
            await node.Postgres.Execute(Much);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            await Task.Delay(200, TestContext.Current.CancellationToken); // that is what is played
        }
    }

    private async Task Prepare(TestNode node, string what)
    {
        nodes.Add(node);
        await node.AddToPostgresConf("wal_log_hints = on\nwal_keep_size = 32MB\nmax_wal_size = 64MB");
        if (node.Number != 1) return;
        var (place, aside) = (node.Postgres.InData(what).TrimEnd('/'), node.In("aside"));
        await AsPostgres.Run("/bin/cp", "-a", place, aside);
        disk = await SmallDisk.Mount(place, 300);
        await AsPostgres.Run("/bin/cp", "-a", aside + "/.", place);
    }
}
