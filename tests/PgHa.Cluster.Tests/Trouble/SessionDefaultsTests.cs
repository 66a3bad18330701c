namespace PgHa.Cluster.Tests.Trouble;

/// <summary>What an operator sets for the sessions of applications does not change what the agent sees, or what it waits for.</summary>
public sealed class SessionDefaultsTests : ClusterTest
{
    private const string Story = """
        POST N1 instance/switchover/masterSlave?by=promote → slave, master
        POST N2 instance/switchover/masterSlave            → master, slave
        DELETE N1 instance/current                         → inactive, recovery
        POST N2 instance/failover/promote                  → inactive, single
        POST N1 instance/slave                             → slave, master
        """;

    [Fact]
    public async Task Settings_of_the_server_do_not()
    {
        var cluster = Keep(await TestCluster.AllRunning(prepare: async each =>
        {
            foreach (var node in each.Nodes)
                await node.AddToPostgresConf("""
                    default_transaction_isolation = serializable
                    default_transaction_read_only = on
                    default_transaction_deferrable = on
                    statement_timeout = 1
                    lock_timeout = 1
                    search_path = 'nowhere'
                    DateStyle = 'SQL, DMY'
                    standard_conforming_strings = off
                    """);
        }));
        await cluster.Play(Story);
    }

    [Fact]
    public async Task Settings_of_the_role_and_the_database_do_not()
    {
        var cluster = await BothRunning();
        foreach (var setting in (string[])["default_transaction_isolation = 'serializable'", "default_transaction_read_only = on", "statement_timeout = 1", "search_path = 'nowhere'"])
        {
            await cluster.N1.Postgres.Execute($"ALTER ROLE postgres SET {setting}");
            await cluster.N1.Postgres.Execute($"ALTER DATABASE postgres SET {setting}");
        }
        await cluster.Play(Story);
    }

    /// <summary>Nor does a commit of the agent's own wait for a standby that is gone.</summary>
    [Fact]
    public async Task A_standby_that_every_commit_waits_for_does_not()
    {
        var cluster = await BothRunning();
        await cluster.N1.Postgres.Execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
        await cluster.N1.Postgres.Execute("SELECT pg_reload_conf()");
        await cluster.Play("POST N1 instance/switchover/masterSlave?by=promote → slave, master");
    }

    [Fact]
    public async Task A_cluster_without_a_database_postgres_names_another()
    {
        var cluster = Keep(await TestCluster.FilesOnly());
        foreach (var node in cluster.Nodes)
            await node.ChangeAgentConfig("\npostgres:", "\npostgres:\n  database: template1");
        await cluster.StartServers();
        await using (var other = await cluster.N1.Postgres.Connect("template1"))
        await using (var rename = other.CreateCommand())
        {
            rename.CommandText = "ALTER DATABASE postgres RENAME TO elsewhere";
            await rename.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }
        await cluster.StartAgents();
        await cluster.Play("""
            POST N1 instance/switchover/masterSlave?by=promote → slave, master
            POST N2 instance/switchover/slaveMaster            → master, slave
            """);
    }
}
