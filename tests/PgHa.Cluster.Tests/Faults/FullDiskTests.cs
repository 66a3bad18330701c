using Npgsql;
using PgHa.Cluster.Tests.Failover;

namespace PgHa.Cluster.Tests.Faults;

/// <summary>The primary's disk is full, in automatic mode.</summary>
public sealed class FullDiskTests : ClusterTest, IAsyncLifetime
{
    private SmallDisk? disk;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>The server ends over each write of WAL that finds no room, and its place passes on. With room again the node follows.</summary>
    [Theory, Trait("Category", "Long")]
    [InlineData("pg_wal"), InlineData("")]
    public async Task A_primary_without_room_for_its_WAL_is_replaced_and_follows_when_there_is_room_again(string what)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "a disk is only mounted by root");
        await using var automatic = await AutomaticCluster.Running(Keep, sync: "quorum", prepare: node => Prepare(node, what));
        var cluster = automatic.Cluster;
        await using (new WritingClients(cluster, TimeSpan.FromMilliseconds(10)))
        {
            await Wait.Until("rows are written", () => cluster.Ledger.CountOn(cluster.N1) > 20);
            await disk!.FillUp();
            var took = await Wait.Until("another node serves", async () =>
            {
                await WriteMuch(cluster.N1);
                return await Seen.AcceptsWrites(cluster.N2) || await Seen.AcceptsWrites(cluster.N3);
            }, 90);
            FaultRun.Say($"another one was writable {FaultRun.Seconds(took)} after the disk was full");
            var next = await Seen.AcceptsWrites(cluster.N2) ? cluster.N2 : cluster.N3;
            await Seen.Serves(next);
            await Wait.Until("rows are written there", () => cluster.Ledger.CountOn(next) > 20, 20);
            disk.MakeRoom();
            await Wait.Until("N1 follows", () => Seen.Follows(cluster.N1, next), 60);
        }
        await cluster.Ledger.AssertOnEveryRunningNode();
        cluster.Ledger.Reigns();
    }

    public new async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (disk is not null) await disk.DisposeAsync();
        await base.DisposeAsync();
    }

    /// <summary>WAL, more than what is left of its file.</summary>
    private static async Task WriteMuch(TestNode node)
    {
        try
        {
            await node.Postgres.Execute("CREATE TABLE IF NOT EXISTS bulk (filler text); INSERT INTO bulk SELECT repeat(md5(i::text), 30) FROM generate_series(1, 20000) i");
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            await Task.Delay(200, TestContext.Current.CancellationToken); // that is what is played
        }
    }

    private async Task Prepare(TestNode node, string what)
    {
        await node.AddToPostgresConf("wal_log_hints = on\nwal_keep_size = 32MB\nmax_wal_size = 64MB");
        if (node.Number != 1) return;
        var (place, aside) = (node.Postgres.InData(what).TrimEnd('/'), node.In("aside"));
        await AsPostgres.Run("/bin/cp", "-a", place, aside);
        disk = await SmallDisk.Mount(place, 300);
        await AsPostgres.Run("/bin/cp", "-a", aside + "/.", place);
    }
}
