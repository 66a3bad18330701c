namespace PgHa.Cluster.Tests.Trouble;

/// <summary>A start as primary that breaks off before the server accepted writes leaves a standby a standby.</summary>
public sealed class BrokenStartTests : ClusterTest
{
    [Fact]
    public async Task A_standby_whose_library_breaks_its_start_as_primary_keeps_its_signal()
    {
        var cluster = await Failing();
        var before = await File.ReadAllTextAsync(cluster.N2.Postgres.InData("postgresql.conf"), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(cluster.N2.In("broken.so"), "no library", TestContext.Current.CancellationToken);
        await cluster.N2.AddToPostgresConf($"shared_preload_libraries = '{cluster.N2.In("broken")}'");
        await FailsToStart(cluster);
        await File.WriteAllTextAsync(cluster.N2.Postgres.InData("postgresql.conf"), before, TestContext.Current.CancellationToken);
        await FollowsAgain(cluster);
    }

    [Fact]
    public async Task A_standby_whose_port_is_taken_keeps_its_signal()
    {
        var cluster = await Failing();
        using (new TakenPort(cluster.N2))
            await FailsToStart(cluster);
        await FollowsAgain(cluster);
    }

    [Theory]
    [InlineData("postgres", "#!/bin/sh\nexit 1")]
    [InlineData("pg_ctl", "#!/bin/sh\nexit 1")]
    [InlineData("pg_ctl", "no program at all")]
    public async Task A_standby_whose_programs_do_not_work_keeps_its_signal(string program, string content)
    {
        var cluster = Keep(await TestCluster.AllStopped(prepare: async each =>
        {
            await AsPostgres.Run("/bin/mkdir", each.N2.In("bin"));
            await AsPostgres.Run("/bin/ln", "-s", $"{AsPostgres.BinDir}/pg_ctl", $"{AsPostgres.BinDir}/postgres", each.N2.In("bin"));
            await AsPostgres.Run("/bin/cp", "--remove-destination", $"{AsPostgres.BinDir}/{program}", each.N2.In("bin"));
            await File.WriteAllTextAsync(each.N2.In($"bin/{program}"), content, TestContext.Current.CancellationToken);
            await each.N2.ChangeAgentConfig(AsPostgres.BinDir, each.N2.In("bin"));
        }));
        if (program == "pg_ctl")
            await FailsToStart(cluster);
        else
            await cluster.AssertUnchanged(() => cluster.Play("POST N2 instance/master → refused 409, code 7"));
        await AsPostgres.Run("/bin/ln", "-sf", $"{AsPostgres.BinDir}/pg_ctl", $"{AsPostgres.BinDir}/postgres", cluster.N2.In("bin"));
        await FollowsAgain(cluster);
    }

    [Fact]
    public async Task A_standby_whose_server_is_killed_while_it_starts_as_primary_keeps_its_signal()
    {
        var cluster = await Failing();
        var held = cluster.N2.Postgres.InData("pg_logical/replorigin_checkpoint"); // read at the begin of every recovery: a pipe holds it up
        File.Delete(held);
        await AsPostgres.Run("/usr/bin/mkfifo", held);
        var call = cluster.N2.Api.Post("instance/master");
        using (var pipe = await NamedPipe.OpenForReader(held))
            cluster.N2.Postgres.KillPostmaster();
        File.Delete(held);
        var answer = await call;
        Assert.Equal("shut down in recovery", await cluster.N2.Postgres.ControlState());
        answer.AssertRefused(500, 9);
        Assert.True(cluster.N2.Postgres.HasStandbySignal);
        await FollowsAgain(cluster);
    }

    /// <summary>Both stopped; N2 was a standby.</summary>
    private async Task<TestCluster> Failing()
    {
        var cluster = await BothStopped();
        Assert.True(cluster.N2.Postgres.HasStandbySignal);
        return cluster;
    }

    /// <summary>The WAL it had been given first stays; nothing else is another.</summary>
    private static Task FailsToStart(TestCluster cluster) => cluster.AssertUnchanged(
        () => cluster.Play("POST N2 instance/master → refused 500, code 9"), but: each => each.FullName.Contains("/pg_wal/", StringComparison.Ordinal));

    private static async Task FollowsAgain(TestCluster cluster)
    {
        await cluster.Play("""
            POST N1 instance/master → single, inactive
            insert
            POST N2 instance/slave  → master, slave
            """);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }
}
