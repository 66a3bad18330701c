using Npgsql;

namespace PgHa.Cluster.Tests.Harness;

/// <summary>The harness itself, with real PostgreSQL and no agent.</summary>
public sealed class HarnessTests : ClusterTest
{
    [Fact]
    public async Task A_hand_made_pair_streams_and_the_ledger_finds_its_rows_on_both_nodes()
    {
        var cluster = Keep(await TestCluster.FilesOnly());
        await cluster.StartServers();
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.Ledger.AssertOnEveryRunningNode();
        Assert.Equal(1, await cluster.N1.Postgres.Timeline());
        Assert.Equal("in archive recovery", await cluster.N2.Postgres.ControlState());
    }

    [Fact]
    public async Task The_ledger_notices_a_lost_row()
    {
        var cluster = Keep(await TestCluster.FilesOnly());
        await cluster.N1.Postgres.Start();
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.N1.Postgres.Execute("DELETE FROM ledger WHERE id = 7");
        await Assert.ThrowsAnyAsync<Exception>(cluster.Ledger.AssertOnEveryRunningNode);
    }

    [Fact]
    public async Task The_watch_notices_two_writable_nodes_and_the_sums_what_one_of_them_wrote()
    {
        var cluster = Keep(await TestCluster.FilesOnly());
        await cluster.StartServers();
        await cluster.AssertSameTables();
        await using var watch = new WriterWatch(cluster);
        await Wait.Until("the primary is seen writable", () => watch.Writers.Count == 1);
        await cluster.N2.Postgres.Promote();
        await Wait.Until("both are seen writable", () => watch.Writers.Count == 2);
        await Wait.Until("which is noticed", () => Record.Exception(() => watch.AssertOneWriter()) is { } seen
            && seen.Message.Contains("pg-node01 was writable for", StringComparison.Ordinal));
        await cluster.Ledger.Insert(cluster.N2);
        Assert.Contains("ledger", (await Assert.ThrowsAnyAsync<Exception>(() => cluster.AssertSameTables(1))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_ledger_notices_two_writable_nodes()
    {
        var cluster = Keep(await TestCluster.FilesOnly());
        await cluster.StartServers();
        await cluster.N2.Postgres.Promote();
        await using (new WritingClients(cluster))
        {
            await Wait.Until("both accept writes", () => cluster.Nodes.All(node => cluster.Ledger.CountOn(node) > 50));
        }
        Assert.True(TwoWritersAreSeen(cluster.Ledger));
    }

    [Fact]
    public async Task A_writer_carries_on_over_a_promotion()
    {
        var cluster = Keep(await TestCluster.FilesOnly());
        await cluster.StartServers();
        await using (new WritingClients(cluster))
        {
            await Wait.Until("N1 accepts writes", () => cluster.Ledger.CountOn(cluster.N1) > 50);
            await cluster.N1.Postgres.Stop();
            await cluster.N2.Postgres.Promote();
            await Wait.Until("N2 accepts writes", () => cluster.Ledger.CountOn(cluster.N2) > 50);
        }
        await cluster.Ledger.AssertOnEveryRunningNode();
        Assert.Equal([cluster.N1, cluster.N2], cluster.Ledger.Reigns());
    }

    [Fact]
    public async Task A_frozen_server_does_not_answer_until_it_is_thawed()
    {
        var cluster = Keep(await TestCluster.FilesOnly());
        await cluster.N1.Postgres.Start();
        await cluster.N1.Postgres.Freeze();
        await Assert.ThrowsAsync<NpgsqlException>(() => cluster.N1.Postgres.Ask<int>("SELECT 1"));
        cluster.N1.Postgres.Thaw();
        Assert.Equal(1, await cluster.N1.Postgres.Ask<int>("SELECT 1"));
    }

    [Fact]
    public async Task A_restart_is_seen_as_a_change()
    {
        var cluster = Keep(await TestCluster.FilesOnly());
        await cluster.StartServers();
        await cluster.AssertUnchanged(() => cluster.N2.Postgres.Ask<int>("SELECT 1"));
        await Assert.ThrowsAnyAsync<Exception>(() => cluster.AssertUnchanged(async () =>
        {
            await cluster.N2.Postgres.Stop();
            await cluster.N2.Postgres.Start();
        }));
    }

    [Fact]
    public async Task A_single_byte_of_a_stopped_node_is_seen()
    {
        var cluster = Keep(await TestCluster.FilesOnly());
        await cluster.AssertUnchanged(() => Task.CompletedTask);
        await Assert.ThrowsAnyAsync<Exception>(() => cluster.AssertUnchanged(() => FlipByte(cluster.N2.Wal(cluster.N2.Segments()[^1]))));
    }

    private static Task FlipByte(string path)
    {
        using var file = File.Open(path, FileMode.Open, FileAccess.ReadWrite);
        file.Position = file.Length / 2;
        var one = file.ReadByte();
        file.Position--;
        file.WriteByte((byte)(one ^ 1));
        return Task.CompletedTask;
    }

    /// <summary>Either as an overlap or as more changes of the writer than there were.</summary>
    private static bool TwoWritersAreSeen(Ledger ledger)
    {
        try
        {
            return ledger.Reigns().Count > 2;
        }
        catch (Xunit.Sdk.TrueException)
        {
            return true;
        }
    }
}
