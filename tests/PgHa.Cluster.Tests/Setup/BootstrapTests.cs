namespace PgHa.Cluster.Tests.Setup;

/// <summary>From empty machines to a streaming cluster by data/init on the first and data/clone on each other.</summary>
public sealed class BootstrapTests : BootstrapTest
{
    [Fact]
    public async Task Two_empty_machines_become_a_pair_with_two_calls()
    {
        var cluster = await Empty();
        await cluster.Play("""
            POST N1 data/init  → single, inactive
            POST N2 data/clone → master, slave
            """);
        await Works(cluster);
        await cluster.Play("""
            POST   N1 instance/switchover/masterSlave → slave, master
            DELETE N1 instance/all                    → inactive, inactive
            POST   N1 instance/all                    → master, slave
            """);
        await Works(cluster);
    }

    [Fact, Trait("Category", "Long")]
    public async Task Three_empty_machines_become_a_cluster_and_a_standby_can_be_the_source()
    {
        var cluster = await Empty(3);
        await cluster.Play("""
            POST N2 data/init                   → inactive, single, inactive
            POST N1 data/clone                  → slave, master, inactive
            POST N3 data/clone?from=pg-node01   → slave, master, slave
            """);
        await cluster.N2.Postgres.Execute(Ledger.Table);
        await cluster.Ledger.Insert(cluster.N2);
        await cluster.Ledger.AssertOnEveryRunningNode();
        Assert.True(await cluster.N3.Postgres.StreamsFrom(cluster.N2.Postgres));
    }

    [Fact]
    public async Task A_new_cluster_has_what_replication_and_rewind_need()
    {
        var cluster = await Empty();
        await cluster.Play("POST N1 data/init → single, inactive");
        var settings = await cluster.N1.Postgres.Ask<string>("""
            SELECT string_agg(name || '=' || setting, ' ' ORDER BY name) FROM pg_settings WHERE name IN
            ('data_checksums', 'wal_log_hints', 'wal_level', 'hot_standby', 'listen_addresses', 'port', 'cluster_name')
            """);
        Assert.Equal($"cluster_name=pg-node01 data_checksums=on hot_standby=on listen_addresses=127.0.0.1 port={cluster.N1.Postgres.Port} wal_level=logical wal_log_hints=on", settings);
    }

    [Fact]
    public async Task A_missing_data_directory_and_the_folders_above_it_are_made()
    {
        var cluster = await Empty(prepare: async node =>
        {
            await node.ChangeAgentConfig($"data_dir: {node.Postgres.DataDirectory}", $"data_dir: {node.In("a/b/data")}");
        });
        await cluster.Play("""
            POST N1 data/init  → single, inactive
            POST N2 data/clone → master, slave
            """);
        foreach (var node in cluster.Nodes)
        {
            Assert.Equal(["data"], Directory.GetFileSystemEntries(node.In("a/b")).Select(Path.GetFileName));
            await AsPostgres.Postgres("pg_ctl", "stop", "-s", "-w", "-m", "fast", "-D", node.In("a/b/data"));
        }
    }

    [Fact]
    public async Task Passwords_and_a_role_of_its_own_for_replication_are_set_from_the_passfile()
    {
        var cluster = await Empty(prepare: WithPasswords);
        await cluster.Play("""
            POST N1 data/init                         → single, inactive
            POST N2 data/clone                        → master, slave
            POST N2 instance/switchover/masterSlave   → slave, master
            """);
        var rules = await File.ReadAllTextAsync(cluster.N2.Postgres.InData("pg_hba.conf"), TestContext.Current.CancellationToken);
        Assert.DoesNotContain("trust", rules, StringComparison.Ordinal);
        var refused = await Assert.ThrowsAsync<Npgsql.NpgsqlException>(() => cluster.N2.Postgres.Execute("SELECT 1"));
        Assert.Contains("SCRAM-SHA-256", refused.Message, StringComparison.Ordinal);
        var log = string.Concat(cluster.Nodes.SelectMany(n => new[] { n.Agent.LogFile, n.Postgres.LogFile }).Select(File.ReadAllText));
        Assert.DoesNotContain("se:cret", log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_clone_is_taken_under_writes_and_misses_none()
    {
        var cluster = await Empty();
        await cluster.Play("POST N1 data/init → single, inactive");
        await cluster.N1.Postgres.Execute(Ledger.Table);
        await using (new WritingClients(cluster))
        {
            await Wait.Until("rows are written", () => cluster.Ledger.Count > 20);
            var before = cluster.Ledger.Count;
            await cluster.Play("POST N2 data/clone → master, slave");
            Assert.True(cluster.Ledger.Count > before, "nothing was written meanwhile");
        }
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Fact]
    public async Task What_came_along_from_a_hand_made_source_is_corrected()
    {
        var cluster = await HandMadePrimary();
        await cluster.N1.Postgres.Execute("ALTER SYSTEM SET primary_slot_name = 'somebody_elses'");
        await cluster.N1.Postgres.Execute("SELECT pg_reload_conf()");
        await cluster.Play("POST N2 data/clone → master, slave");
        Assert.Equal(cluster.N2.Name, await cluster.N2.Postgres.Ask<string>("SHOW cluster_name"));
        Assert.Equal("pgha_pg_node02", await cluster.N2.Postgres.Ask<string>("SHOW primary_slot_name"));
        Assert.Equal("127.0.0.2", await cluster.N2.Postgres.Ask<string>("SHOW listen_addresses"));
        Assert.Equal(File.ReadAllText(cluster.N1.Postgres.InData("postgresql.conf")), File.ReadAllText(cluster.N2.Postgres.InData("postgresql.conf")));
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Fact]
    public async Task A_clone_that_was_made_is_answered_again_and_an_init_is_not()
    {
        var cluster = await Empty();
        await cluster.Play("""
            POST N1 data/init  → single, inactive
            POST N2 data/clone → master, slave
            """);
        await cluster.AssertUnchanged(() => cluster.Play("""
            POST N2 data/clone → master, slave
            POST N1 data/init  → refused 409, code 7
            POST N1 data/clone → refused 409, code 7
            """));
        await cluster.Play("DELETE N2 instance/current → single, inactive");
        await Untouched(cluster.N2, () => cluster.Play("POST N2 data/clone → refused 409, code 7"));
        await cluster.Play("POST N2 instance/slave → master, slave");
    }

    [Fact]
    public async Task Dry_runs_show_the_steps_and_change_nothing()
    {
        var cluster = await Empty();
        await Untouched(cluster.N1, async () =>
        {
            var plan = await cluster.N1.Api.Post("data/init?dryRun=true");
            Assert.Equal(200, plan.Status);
            Assert.Contains("/node/init\"", plan.Body.Replace("\\u0022", "\"", StringComparison.Ordinal), StringComparison.Ordinal);
        });
        await cluster.Play("POST N1 data/init?dryRun=yes → refused 400, code 2");
        await cluster.Play("POST N2 data/clone?from=nobody → refused 400, code 2");
        await cluster.Play("POST N2 data/erase → refused 404, code 2");
    }

    private static async Task Works(TestCluster cluster)
    {
        await cluster.N1.Postgres.Execute(Ledger.Table.Replace("TABLE", "TABLE IF NOT EXISTS", StringComparison.Ordinal));
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.Ledger.AssertOnEveryRunningNode();
        foreach (var node in cluster.Nodes)
            Assert.Equal(["agent.log", "data", "pgha.yml", "postgres.log", "state"], Directory.GetFileSystemEntries(node.Folder).Select(Path.GetFileName).Order());
    }

    private static async Task WithPasswords(TestNode node)
    {
        var file = node.In("state/pgpass");
        await AsPostgres.Run("/bin/sh", "-c", $"umask 077; printf '%s\\n' '*:*:*:postgres:it''s' '*:*:*:repl:se\\:cret' > '{file}'");
        await node.ChangeAgentConfig("  log_file:", $"  passfile: {file}\n  replication_user: repl\n  log_file:");
    }
}
