namespace PgHa.Cluster.Tests.Slots;

/// <summary>What logical decoding needs beside its slot goes with the slot: snapshots, and maps of catalogs that were rewritten.</summary>
public sealed class DecodingFilesTests : ClusterTest
{
    private const string Fast = "instance/switchover/masterSlave?by=promote";

    /// <summary>
    /// The slot's restart_lsn lies where a transaction ran. Decoding can begin there only with the snapshot that the old primary kept
    /// beside the slot; without it, it would pass over a transaction that ran while it waited.
    /// </summary>
    [Theory]
    [InlineData("instance/switchover/masterSlave", false)]
    [InlineData("instance/switchover/masterSlave", true)]
    [InlineData(Fast, true)]
    public async Task A_transaction_that_ran_over_the_restart_of_its_slot_is_decoded_on_the_new_primary(string change, bool hasCopy)
    {
        var cluster = Keep(await TestCluster.AllRunning(2, LogicalPair.Prepare));
        await cluster.N1.CreateSlot("x", "test_decoding");
        if (hasCopy) await cluster.N2.PlaceSlots();
        await using var first = await Begin(cluster.N1, -1);
        await cluster.N1.Postgres.Execute("CHECKPOINT");
        await using var second = await Begin(cluster.N1, -2);
        await first.Run("COMMIT");
        await cluster.N1.Postgres.Execute("CHECKPOINT");
        await cluster.N1.Postgres.Execute("SELECT pg_replication_slot_advance('x', pg_current_wal_lsn())");
        if (hasCopy) await cluster.N2.PlaceSlots();
        await second.Run("COMMIT");
        await Change(cluster, change);
        var decoded = await cluster.N2.Postgres.Ask<string>("SELECT coalesce(string_agg(data, '; '), '') FROM pg_logical_slot_get_changes('x', NULL, NULL)");
        Assert.Contains("INSERT: id[bigint]:-2", decoded, StringComparison.Ordinal);
    }

    /// <summary>
    /// The rows of a table were written by the transaction that made it, and its catalog was rewritten afterwards: the standby, which has no
    /// slot, forgets the map at its next restartpoint.
    /// </summary>
    [Fact, Trait("Category", "Long")]
    public async Task What_was_written_before_a_rewrite_of_the_catalog_is_decoded_on_the_new_primary()
    {
        var cluster = Keep(await TestCluster.AllRunning(2, LogicalPair.Prepare));
        await cluster.N1.CreateSlot("x", "test_decoding");
        await cluster.N1.Postgres.Execute("BEGIN; CREATE TABLE made (i int); INSERT INTO made VALUES (1); ALTER TABLE made ADD COLUMN k int DEFAULT 7; INSERT INTO made VALUES (2, 8); COMMIT");
        foreach (var catalog in new[] { "pg_class", "pg_attribute", "pg_type" }) await cluster.N1.Postgres.Execute($"VACUUM FULL {catalog}");
        await cluster.N1.Postgres.Execute("CHECKPOINT");
        Assert.NotEmpty(Maps(cluster.N1));
        await Wait.Until("the standby has forgotten them", async () =>
        {
            await cluster.N2.Postgres.Execute("CHECKPOINT");
            return Maps(cluster.N2).Length == 0;
        });
        await Change(cluster, "instance/switchover/masterSlave");
        Assert.NotEmpty(Maps(cluster.N2));
        var decoded = await cluster.N2.Postgres.Ask<string>("SELECT coalesce(string_agg(data, '; '), '') FROM pg_logical_slot_get_changes('x', NULL, NULL)");
        Assert.Contains("table public.made: INSERT: i[integer]:1;", decoded, StringComparison.Ordinal);
        Assert.Contains("table public.made: INSERT: i[integer]:2 k[integer]:8", decoded, StringComparison.Ordinal);
    }

    private static string[] Maps(TestNode node) => Directory.GetFiles(node.Postgres.InData("pg_logical/mappings"));

    /// <summary>Every slot goes with it.</summary>
    private static async Task Change(TestCluster cluster, string change)
    {
        var answer = await cluster.N1.Api.Post(change);
        Assert.True(answer.Status == 200, answer.ToString());
        Assert.Equal("[]", (await cluster.N1.Api.Get(answer.Location!.ToString())).Field("not_carried")!.Value.ToString());
    }

    private static async Task<Npgsql.NpgsqlConnection> Begin(TestNode node, int row)
    {
        var transaction = await node.Postgres.Connect();
        await transaction.Run($"BEGIN; INSERT INTO ledger VALUES ({row}, 'open')");
        return transaction;
    }
}
