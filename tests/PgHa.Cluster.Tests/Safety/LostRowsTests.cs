using System.Text.Json;

namespace PgHa.Cluster.Tests.Safety;

/// <summary>The recipe of a salvage, followed as it is written: in the end the lost rows are read.</summary>
public sealed class LostRowsTests : ClusterTest
{
    [Fact]
    public async Task They_are_read_from_a_base_backup_of_before_the_fork_and_the_salvaged_WAL()
    {
        var cluster = Keep(await TestCluster.AllRunning(2, c => Task.WhenAll(c.Nodes.Select(n => n.AddToPostgresConf("wal_log_hints = on")))));
        var backup = cluster.N2.In("backup");
        await AsPostgres.Postgres("pg_basebackup", "-D", backup, "-h", cluster.N2.Address, "-p", $"{cluster.N2.Postgres.Port}", "-U", "postgres", "-c", "fast");
        await cluster.N1.Postgres.Execute("INSERT INTO ledger VALUES (90000, 'kept'); SELECT pg_switch_wal()");
        await cluster.N1.Postgres.Execute("INSERT INTO ledger VALUES (90001, 'kept'); SELECT pg_switch_wal()");
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.N1.Postgres.Stop();
        await cluster.N2.Postgres.Promote();
        await LoseRows(cluster.N1);
        await cluster.WaitForStates("inactive", "single");
        await cluster.Play("POST N1 instance/slave?rejoin=rewind → slave, master");
        await ReadsLostRows(cluster.N1, backup);
        var late = cluster.N2.In("late");
        await AsPostgres.Postgres("pg_basebackup", "-D", late, "-h", cluster.N2.Address, "-p", $"{cluster.N2.Postgres.Port}", "-U", "postgres", "-c", "fast");
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => Follow(cluster.N1, late, cluster.N1.In("late-beside")));
        Assert.Contains("was BASE finished before", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>Both nodes wrote on one timeline: where files of the same name differ, the salvaged one counts.</summary>
    [Fact, Trait("Category", "Long")]
    public async Task They_are_read_from_a_copy_of_the_data_directory_that_was_replaced()
    {
        var cluster = await PrimaryStopped();
        await cluster.N1.Postgres.StartAsPrimary();
        await cluster.N2.Postgres.Stop();
        File.Delete(cluster.N2.Postgres.InData("standby.signal"));
        await LoseRows(cluster.N2);
        await cluster.Ledger.Insert(cluster.N1);
        var copy = cluster.N2.In("copy");
        await AsPostgres.Run("/bin/cp", "-a", cluster.N2.Postgres.DataDirectory, copy);
        await cluster.WaitForStates("single", "inactive");
        await cluster.Play("POST N2 instance/slave?rejoin=reclone → master, slave");
        await ReadsLostRows(cluster.N2, copy);
    }

    private static async Task LoseRows(TestNode node)
    {
        await node.Postgres.Start();
        await node.Postgres.Execute("CREATE TABLE only_here AS SELECT 'precious' AS what; INSERT INTO ledger VALUES (100000, 'lost')");
        await node.Postgres.Stop();
    }

    private static async Task ReadsLostRows(TestNode node, string backup)
    {
        var said = await Follow(node, backup, node.In("beside"));
        var commands = said.Split('\n').Where(line => line.Length > 0 && line[0] != '#').ToArray();
        Assert.Equal("100000|lost\n", await Shell($"{commands[0]} -XAt -c \"SELECT * FROM ledger WHERE id >= 100000\""));
        Assert.Equal("precious\n", await Shell($"{commands[0]} -XAt -c \"SELECT what FROM only_here\""));
        await Assert.ThrowsAsync<InvalidOperationException>(() => Shell($"{commands[0]} -XAt -c \"DELETE FROM ledger\""));
        await Shell(commands[1]);
        Assert.False(Directory.Exists(node.In("beside")));
    }

    /// <summary>The line of the report, with what it leaves to the operator put in.</summary>
    private static async Task<string> Follow(TestNode node, string backup, string beside)
    {
        var id = JsonSerializer.Deserialize<JsonElement>((await node.Api.Get("salvage")).Body).EnumerateArray().Single().GetProperty("id").GetString();
        var recipe = JsonSerializer.Deserialize<JsonElement>((await node.Api.Get($"salvage/{id}")).Body).GetProperty("recipe").GetString()!;
        Assert.Contains(File.ReadLines(Path.Combine(node.In("state"), "salvage", id!, "report.txt")), line => line.Trim() == recipe);
        return await Shell(recipe.Replace("BASE", backup, StringComparison.Ordinal).Replace("DIRECTORY", beside, StringComparison.Ordinal));
    }

    private static Task<string> Shell(string line) => AsPostgres.Run("/bin/sh", "-c", line);
}
