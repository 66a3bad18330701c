namespace PgHa.Cluster.Tests.Trouble;

/// <summary>The primary runs, and its agent may not look at its process or its directory: that is never taken for a stopped server.</summary>
public sealed class HiddenServerTests : UnseenServer
{
    [Fact]
    public async Task A_primary_that_the_agent_may_not_look_at_is_not_taken_for_stopped()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "file capabilities need root");
        var cluster = Keep(await TestCluster.FilesOnly());
        await using var capable = await CapablePostgres.Make(cluster.N1);
        await cluster.StartServers();
        await cluster.StartAgents();
        await cluster.WaitForStates("master", "slave"); // its command line names the directory
        (await cluster.N2.Api.Post("instance/failover/promote")).AssertRefused(409, 6);
        await cluster.Play("""
            insert
            DELETE N1 instance/current                → inactive, recovery
            POST N2 instance/failover/promote         → inactive, single
            """);
    }

    [Fact]
    public async Task Where_the_command_line_does_not_name_the_directory_either_it_is_unknown()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "file capabilities need root");
        var cluster = Keep(await TestCluster.FilesOnly());
        await using var capable = await CapablePostgres.Make(cluster.N1);
        await AsPostgres.Run("/bin/sh", "-c", "PGDATA=\"$1\" setsid \"$0\" >>\"$2\" 2>&1 </dev/null &",
            Path.Combine(cluster.N1.Postgres.BinDir, "postgres"), cluster.N1.Postgres.DataDirectory, cluster.N1.Postgres.LogFile);
        await Wait.Until("it serves", cluster.N1.Postgres.Serves);
        await cluster.N2.Postgres.Start();
        await cluster.StartAgents();
        await IsNotPassedOver(cluster, $"{cluster.N1.Postgres.Pid}");
        var stop = await cluster.N1.Api.Delete("instance/current");
        stop.AssertRefused(409, 7);
        Assert.Contains($"kill -INT {cluster.N1.Postgres.Pid}", stop.ToString(), StringComparison.Ordinal);
        Signal.Send(cluster.N1.Postgres.Pid!.Value, Signal.Interrupt); // as it says
        await cluster.WaitForStates("inactive", "recovery");
    }

    [Fact, Trait("Category", "Long")]
    public async Task Nor_is_one_whose_pid_file_was_removed_as_well()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "file capabilities need root");
        var cluster = Keep(await TestCluster.FilesOnly());
        await using var capable = await CapablePostgres.Make(cluster.N1);
        await cluster.StartServers();
        var postmaster = cluster.N1.Postgres.Pid!.Value;
        File.Delete(cluster.N1.Postgres.InData("postmaster.pid"));
        await cluster.StartAgents();
        Assert.Equal("unknown", (await cluster.N1.Api.Get("instance/current")).State(cluster.N1));
        (await cluster.N2.Api.Post("instance/failover/promote")).AssertRefused(409, 6);
        var stop = await cluster.N1.Api.Delete("instance/current");
        Assert.True(stop.Status != 200 || !ServerProcesses.IsAlive(postmaster), stop.ToString());
    }

    [Fact]
    public async Task Another_server_that_the_agent_may_not_look_at_hides_no_stopped_node()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "file capabilities need root");
        var cluster = Keep(await TestCluster.FilesOnly());
        await using var capable = await CapablePostgres.Make(cluster.N1);
        await cluster.N1.Postgres.Start();
        await cluster.N2.StartAgent();
        Assert.Equal("inactive", (await cluster.N2.Api.Get("instance/current")).State(cluster.N2));
    }

    [Fact, Trait("Category", "Long")]
    public async Task A_primary_in_a_PID_namespace_of_its_own_is_not_taken_for_stopped()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "namespaces need root");
        var cluster = Keep(await TestCluster.FilesOnly());
        await AsPostgres.AsRoot("/bin/sh", "-c",
            "unshare --pid --fork setpriv --reuid postgres --regid postgres --init-groups -- \"$0\" -D \"$1\" >>\"$2\" 2>&1 </dev/null &",
            Path.Combine(AsPostgres.BinDir, "postgres"), cluster.N1.Postgres.DataDirectory, cluster.N1.Postgres.LogFile);
        await Wait.Until("it serves", cluster.N1.Postgres.Serves);
        await cluster.N2.Postgres.Start();
        await cluster.StartAgents();
        Assert.NotEqual("inactive", (await cluster.N1.Api.Get("instance/current")).State(cluster.N1));
        (await cluster.N2.Api.Post("instance/failover/promote")).AssertRefused(409, 6);
        var stop = await cluster.N1.Api.Delete("instance/current");
        Assert.True(stop.Status != 200 || cluster.N1.Postgres.Processes.Count == 0, stop.ToString());
    }

    [Fact]
    public async Task A_primary_whose_directory_is_mounted_in_its_own_mount_namespace_alone_is_not_taken_for_stopped()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "namespaces need root");
        var cluster = Keep(await TestCluster.FilesOnly());
        await using var moved = MovedServer.Move(cluster.N1);
        await AsPostgres.Run("/bin/mkdir", "-m", "700", cluster.N1.Postgres.DataDirectory);
        await AsPostgres.AsRoot("/bin/sh", "-c",
            "unshare --mount -- sh -c 'mount --bind \"$3\" \"$1\" && exec setpriv --reuid postgres --regid postgres --init-groups -- \"$0\" -D \"$1\" >>\"$2\" 2>&1 </dev/null' \"$0\" \"$1\" \"$2\" \"$3\" >/dev/null 2>&1 </dev/null &",
            Path.Combine(AsPostgres.BinDir, "postgres"), cluster.N1.Postgres.DataDirectory, cluster.N1.Postgres.LogFile, moved.Place);
        await Wait.Until("it serves", cluster.N1.Postgres.Serves);
        var postmaster = int.Parse(File.ReadLines(Path.Combine(moved.Place, "postmaster.pid")).First(), System.Globalization.CultureInfo.InvariantCulture);
        try
        {
            await cluster.N2.Postgres.Start();
            await cluster.StartAgents();
            await IsNotPassedOver(cluster, $"{cluster.N1.Postgres.Port}");
        }
        finally
        {
            Signal.Send(postmaster, Signal.Quit);
            await Wait.Until("it has ended", () => !ServerProcesses.IsAlive(postmaster));
        }
    }

    [Fact]
    public async Task An_agent_that_does_not_run_as_the_owner_says_so_at_its_start_and_takes_nothing_for_stopped()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "giving a directory away needs root");
        var cluster = await PrimaryStopped();
        await AsPostgres.AsRoot("/bin/chown", "daemon", cluster.N1.Postgres.DataDirectory);
        await cluster.N1.Agent.Kill();
        await cluster.N1.StartAgent();
        const string owner = "belongs to daemon and the agent runs as postgres";
        Assert.Contains(owner, await File.ReadAllTextAsync(cluster.N1.Agent.LogFile, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        await cluster.WaitForStates("unknown", "recovery");
        await IsRefused(cluster, owner);
        await AsPostgres.AsRoot("/bin/chown", "postgres", cluster.N1.Postgres.DataDirectory);
        await cluster.WaitForStates("inactive", "recovery");
    }
}
