using Npgsql;

namespace PgHa.Cluster.Tests.Trouble;

public sealed class BusyServerTests : ClusterTest
{
    [Fact]
    public async Task A_server_without_a_free_connection_for_applications_is_still_seen_and_switched_over()
    {
        var cluster = await BothRunning();
        await cluster.N1.Postgres.Execute("CREATE ROLE app LOGIN");
        var sessions = new List<NpgsqlConnection>();
        try
        {
            await Assert.ThrowsAsync<PostgresException>(() => Fill(cluster.N1, sessions));
            await cluster.Play("""
                GET  N2 instance/all                     → master, slave
                POST N1 instance/switchover/masterSlave  → slave, master
                """);
        }
        finally
        {
            foreach (var session in sessions) await session.DisposeAsync();
        }
    }

    [Fact]
    public async Task Open_and_prepared_transactions_do_not_hold_up_a_switchover()
    {
        var cluster = Keep(await TestCluster.AllRunning(prepare: each =>
            Task.WhenAll(each.Nodes.Select(node => node.AddToPostgresConf("max_prepared_transactions = 5")))));
        await using var session = await cluster.N1.Postgres.Connect();
        await using var open = new NpgsqlCommand("BEGIN; INSERT INTO ledger VALUES (-1, 'open')", session);
        await open.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        await cluster.N1.Postgres.Execute("BEGIN; INSERT INTO ledger VALUES (-2, 'prepared'); PREPARE TRANSACTION 'kept'");
        await cluster.Play("POST N1 instance/switchover/masterSlave → slave, master");
        await cluster.N2.Postgres.Execute("COMMIT PREPARED 'kept'");
        Assert.Equal(1, await cluster.N2.Postgres.Ask<long>("SELECT count(*) FROM ledger"));
    }

    private static async Task Fill(TestNode node, List<NpgsqlConnection> sessions)
    {
        var app = node.Postgres.ConnectionString.Replace("Username=postgres", "Username=app", StringComparison.Ordinal);
        while (true)
        {
            var session = new NpgsqlConnection(app);
            await session.OpenAsync(TestContext.Current.CancellationToken);
            sessions.Add(session);
        }
    }
}
