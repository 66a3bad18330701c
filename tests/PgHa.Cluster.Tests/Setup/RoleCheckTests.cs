namespace PgHa.Cluster.Tests.Setup;

/// <summary>What the replication role lacks for copies and rewinds is named beforehand, with the statements that give it.</summary>
public sealed class RoleCheckTests : ClusterTest
{
    private static readonly string[] Pieces =
        ["REPLICATION", "pg_monitor", "pg_ls_dir(text, boolean, boolean)", "pg_stat_file(text, boolean)", "pg_read_binary_file(text)", "pg_read_binary_file(text, bigint, bigint, boolean)"];

    [Fact]
    public async Task Each_missing_piece_is_named_and_a_rewind_works_with_what_the_hint_says()
    {
        var cluster = Keep(await TestCluster.AllRunning(2, c => Task.WhenAll(c.Nodes.Select(async n =>
        {
            await n.AddToPostgresConf("wal_log_hints = on");
            await n.ChangeAgentConfig("\npostgres:\n", "\npostgres:\n  replication_user: Pg-Ha\n");
        }))));
        await cluster.N1.Postgres.Execute("CREATE ROLE \"Pg-Ha\" LOGIN");
        await cluster.N1.Postgres.Execute("ALTER SYSTEM SET track_activity_query_size = 2048");
        await cluster.N1.Postgres.Execute("SELECT pg_reload_conf()");
        await Wait.Until("the role is on the standby, too, and the setting was read", async () => await cluster.N2.Postgres.Ask<bool>("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = 'Pg-Ha')")
            && await cluster.N1.Postgres.Ask<bool>("SELECT pending_restart FROM pg_settings WHERE name = 'track_activity_query_size'"));
        var before = "";
        const string Pending = "warn  pg-node01: pending until its next start: track_activity_query_size: 1kB runs, 2048 is set";
        await Wait.Until("what is pending is named, and both nodes are seen", async () =>
            (before = await Check(cluster.N1)).Contains(Pending, StringComparison.Ordinal) && before.Contains("2 checks failed", StringComparison.Ordinal), 60);
        var lacks = before.Split('\n').Where(line => line.StartsWith("FAIL", StringComparison.Ordinal)).ToArray();
        Assert.Equal(2, lacks.Length); // on each of the two nodes, and nothing else
        Assert.All(lacks, line => Assert.All(Pieces, piece => Assert.Contains(piece, line, StringComparison.Ordinal)));
        const string Hint = "hint: as superuser on the primary, in database postgres: ";
        var hint = before.Split('\n').First(line => line.Contains(Hint, StringComparison.Ordinal));
        await cluster.N1.Postgres.Execute(hint[(hint.IndexOf(Hint, StringComparison.Ordinal) + Hint.Length)..]);
        var position = await cluster.N1.Postgres.Ask<string>("SELECT pg_current_wal_lsn()::text");
        await Wait.Until("the standby has it", () => cluster.N2.Postgres.Ask<bool>($"SELECT pg_last_wal_replay_lsn() >= '{position}'"));
        await Wait.Until("all checks pass", async () => (await Check(cluster.N1)).Contains("all checks passed", StringComparison.Ordinal), 60);

        await cluster.N1.Postgres.Stop();
        await cluster.N2.Postgres.Promote();
        await cluster.N1.Postgres.Start();
        await cluster.N1.Postgres.Execute("INSERT INTO ledger VALUES (100000, 'lost')");
        await cluster.N1.Postgres.Stop();
        await cluster.WaitForStates("inactive", "single");
        await cluster.Play("POST N1 instance/slave?rejoin=rewind → slave, master");
    }

    private static Task<string> Check(TestNode node) =>
        AsPostgres.Run("/bin/sh", "-c", "\"$0\" config check --peers --config \"$1\" 2>&1; echo exit=$?", AgentProcess.Binary, node.Agent.ConfigFile);
}
