namespace PgHa.Cluster.Tests.Safety;

/// <summary>The switchover by promotion: the primary is ended at once, and nothing acknowledged is lost.</summary>
public sealed class FastSwitchoverTests : ClusterTest
{
    private const string There = "instance/switchover/masterSlave?by=promote";

    [Fact]
    public async Task The_roles_are_exchanged_on_the_next_timeline_and_back()
    {
        var cluster = await BothRunning();
        await cluster.Play($"""
            insert
            POST N1 {There} → slave, master
            timeline + 1
            insert
            POST N1 {There} → master, slave
            timeline + 1
            insert
            POST N2 {There}&to=pg-node01 → master, slave
            """);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Theory]
    [InlineData("on"), InlineData("off")]
    public async Task Under_writing_clients_nothing_acknowledged_is_lost(string synchronousCommit)
    {
        var cluster = Keep(await TestCluster.AllRunning(2, c => Task.WhenAll(c.Nodes.Select(n => n.AddToPostgresConf($"synchronous_commit = {synchronousCommit}")))));
        await using (new WritingClients(cluster))
        {
            for (var round = 0; round < 3; round++)
            {
                await WritesOn(cluster, cluster.N1);
                await cluster.Play($"POST N1 {There} → slave, master");
                await WritesOn(cluster, cluster.N2);
                await cluster.Play($"POST N1 {There} → master, slave");
            }
            await WritesOn(cluster, cluster.N1);
        }
        await cluster.Ledger.AssertOnEveryRunningNode();
        Assert.Equal("1212121", string.Concat(cluster.Ledger.Reigns().Select(node => node.Number)));
    }

    private static async Task WritesOn(TestCluster cluster, TestNode node)
    {
        var before = cluster.Ledger.CountOn(node);
        await Wait.Until($"{node.Name} is written to", () => cluster.Ledger.CountOn(node) > before + 30);
    }

    [Fact]
    public async Task Where_unlogged_tables_hold_data_the_primary_is_stopped_fast_unless_the_operator_gives_them_up()
    {
        var cluster = await BothRunning();
        await cluster.N1.Postgres.Execute("CREATE UNLOGGED TABLE scratch AS SELECT generate_series(1, 1000) i");
        Assert.Contains("stopped fast, because unlogged tables of postgres hold data (public.scratch)", await OperationOf(cluster, There), StringComparison.Ordinal);
        await cluster.N2.Postgres.Execute("INSERT INTO scratch VALUES (1)");
        Assert.Contains("sessions ended and all flushed", await OperationOf(cluster, There + "&unlogged=accept"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unlogged_tables_of_a_database_that_lets_nobody_in_are_not_emptied_either()
    {
        var cluster = await BothRunning();
        await cluster.N1.Postgres.Execute("CREATE DATABASE closed");
        await using (var closed = await cluster.N1.Postgres.Connect("closed"))
            await closed.Run("CREATE UNLOGGED TABLE scratch AS SELECT generate_series(1, 1000) i");
        await cluster.N1.Postgres.Execute("ALTER DATABASE closed ALLOW_CONNECTIONS false");
        Assert.Contains("stopped fast, because database closed lets nobody look and has unlogged tables", await OperationOf(cluster, There), StringComparison.Ordinal);
    }

    /// <summary>The report of a switchover that succeeds.</summary>
    private static async Task<string> OperationOf(TestCluster cluster, string path)
    {
        var answer = await cluster.N1.Api.Post(path);
        Assert.True(answer.Status == 200, answer.ToString());
        return (await cluster.N1.Api.Get(answer.Location!.ToString())).Body;
    }

    [Fact]
    public async Task A_standby_whose_replay_is_paused_is_refused_before_anything_stops()
    {
        var cluster = await BothRunning();
        await cluster.N2.Postgres.Execute("SELECT pg_wal_replay_pause()");
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.Play($"POST N1 {There} → refused 409, code 7");
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.N2.Postgres.Execute("SELECT pg_wal_replay_resume()");
        await cluster.Play($"POST N1 {There} → slave, master");
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Fact]
    public async Task A_third_node_follows_without_a_restart()
    {
        var cluster = await ThreeRunning();
        await cluster.Ledger.Insert(cluster.N1);
        var before = cluster.N3.Postgres.Pid;
        await cluster.Play($"POST N1 {There}&to=pg-node02 → slave, master, slave");
        Assert.Equal(before, cluster.N3.Postgres.Pid);
        await cluster.Ledger.Insert(cluster.N2);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }
}
