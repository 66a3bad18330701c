namespace PgHa.Cluster.Tests.Setup;

/// <summary>What data/init and data/clone refuse, they refuse before anything is written.</summary>
public sealed class BootstrapRefusalTests : BootstrapTest
{
    [Fact]
    public async Task An_init_is_refused_where_any_data_lies()
    {
        var cluster = await Empty();
        await AsPostgres.Run("/usr/bin/touch", cluster.N1.In("data/notes.txt"));
        await Refused(cluster.N1, "data/init", 7, "not empty");
        File.Delete(cluster.N1.In("data/notes.txt"));
        await Template.Initialize(cluster.N2);
        await Refused(cluster.N1, "data/init", 7, "already holds the cluster");
        await Refused(cluster.N1, "data/init?force=true", 7, "already holds the cluster");
        await Refused(cluster.N2, "data/init", 7, "not empty");
        await Refused(cluster.N1, "data/clone", 12, "has not been started");
    }

    [Fact]
    public async Task An_init_beside_an_agent_that_is_away_needs_force()
    {
        var cluster = await Empty();
        await cluster.N2.Agent.Stop();
        await Refused(cluster.N1, "data/init", 7, "cannot be reached");
        await cluster.Play("POST N1 data/init?force=true → single, unknown");
    }

    [Fact]
    public async Task An_init_without_passwords_is_refused_where_nodes_are_elsewhere()
    {
        var cluster = await Empty(prepare: node => node.ChangeAgentConfig("postgres: \"127.0.0.2:", "postgres: \"192.0.2.1:"));
        await Refused(cluster.N1, "data/init", 7, "no passwords are configured");
    }

    [Fact]
    public async Task An_init_without_the_programs_or_the_password_is_refused()
    {
        var cluster = await Empty(prepare: node => node.Number == 1
            ? node.ChangeAgentConfig("  log_file:", $"  passfile: {node.In("pgpass")}\n  log_file:")
            : node.ChangeAgentConfig(AsPostgres.BinDir, "/nonexistent/bin"));
        await Refused(cluster.N1, "data/init", 7, "pgpass");
        await Refused(cluster.N2, "data/init", 7, "/nonexistent/bin");
    }

    [Fact]
    public async Task A_taken_address_is_refused()
    {
        var cluster = await Empty();
        using var taken = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Parse(cluster.N1.Address), cluster.N1.Postgres.Port);
        taken.Start();
        await Refused(cluster.N1, "data/init", 7, "answers at");
    }

    [Fact]
    public async Task A_place_that_cannot_be_written_or_swapped_is_refused()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: it mounts a file system");
        var cluster = await HandMadePrimary(each => each.N2.ChangeAgentConfig(
            $"data_dir: {each.N2.Postgres.DataDirectory}", $"data_dir: {each.N2.In("locked/data")}"));
        var folder = Directory.CreateDirectory(cluster.N2.In("locked/data")).Parent!;
        await Refused(cluster.N2, "data/clone", 7, "may not write to");
        await AsPostgres.AsRoot("/bin/chown", "postgres", folder.FullName);
        await using (await SmallDisk.Mount(cluster.N2.In("locked/data"), megabytes: 400))
            await Refused(cluster.N2, "data/clone", 7, "mount point");
        await using (await SmallDisk.Mount(folder.FullName, megabytes: 150))
            await Refused(cluster.N2, "data/clone", 7, "too small");
        await cluster.Play("POST N2 data/clone → master, slave");
        await AsPostgres.Postgres("pg_ctl", "stop", "-s", "-w", "-m", "fast", "-D", cluster.N2.In("locked/data"));
    }

    [Fact]
    public async Task A_source_that_is_too_large_for_the_disk_is_refused()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: it mounts a file system");
        var cluster = await HandMadePrimary(each => each.N2.ChangeAgentConfig(
            $"data_dir: {each.N2.Postgres.DataDirectory}", $"data_dir: {each.N2.In("small/data")}"));
        await cluster.N1.Postgres.Execute(Bulk(100));
        await using (await SmallDisk.Mount(cluster.N2.In("small"), megabytes: 205))
            await Refused(cluster.N2, "data/clone", 7, "too small");
    }

    [Fact]
    public async Task Sources_that_cannot_be_copied_are_refused()
    {
        var cluster = await HandMadePrimary();
        await Refused(cluster.N2, "data/clone?from=pg-node02", 2, "itself", 400);
        await AsPostgres.Run("/bin/mkdir", cluster.N1.In("space"));
        await cluster.N1.Postgres.Execute($"CREATE TABLESPACE far LOCATION '{cluster.N1.In("space")}'");
        await Refused(cluster.N2, "data/clone", 7, "tablespaces outside");
        await cluster.N1.Postgres.Execute("DROP TABLESPACE far");
        await File.WriteAllTextAsync(cluster.N1.Postgres.InData("pg_hba.conf"), "local all all trust\nhost postgres postgres 127.0.0.1/32 trust\n", TestContext.Current.CancellationToken);
        await cluster.N1.Postgres.Execute("SELECT pg_reload_conf()");
        await Refused(cluster.N2, "data/clone", 7, "cannot ask PostgreSQL");
        await cluster.N1.Postgres.Stop();
        await Refused(cluster.N2, "data/clone", 12, "has not been started");
        await cluster.N1.Agent.Stop();
        await Refused(cluster.N2, "data/clone?from=pg-node01", 10, "cannot be reached", 502);
    }

    [Fact]
    public async Task Another_cluster_or_a_wrong_address_is_refused()
    {
        var cluster = await HandMadePrimary();
        await Template.Initialize(cluster.N2);
        await Refused(cluster.N2, "data/clone", 7, "different clusters");
        Directory.Delete(cluster.N2.Postgres.DataDirectory, recursive: true);
        var stranger = Keep(await TestCluster.FilesOnly(1, "stranger"));
        Directory.Delete(stranger.N1.Postgres.DataDirectory, recursive: true);
        await Template.Initialize(stranger.N1);
        await stranger.N1.Postgres.Start();
        await cluster.N2.Agent.Stop();
        await cluster.N2.ChangeAgentConfig($"127.0.0.1:{cluster.N1.Postgres.Port}", $"127.0.0.1:{stranger.N1.Postgres.Port}");
        await cluster.N2.StartAgent();
        await Refused(cluster.N2, "data/clone", 7, "disagree about the cluster");
    }

    private static Task Refused(TestNode node, string call, int code, string why, int status = 409) => Untouched(node, async () =>
    {
        var answer = await node.Api.Post(call);
        answer.AssertRefused(code == 10 ? 502 : status, code);
        Assert.Contains(why, answer.Message, StringComparison.Ordinal);
    });
}
