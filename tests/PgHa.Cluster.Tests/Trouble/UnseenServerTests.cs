namespace PgHa.Cluster.Tests.Trouble;

/// <summary>
/// The primary runs, and its agent does not see it where it looks: its data directory was moved, or it may not look at the process. That
/// is never taken for a stopped server.
/// </summary>
public sealed class UnseenServerTests : ClusterTest
{
    [Fact]
    public async Task A_primary_whose_data_directory_was_renamed_is_not_taken_for_stopped()
    {
        var cluster = await BothRunning();
        await Seen(cluster);
        await using var moved = MovedServer.Move(cluster.N1);
        await IsNotPassedOver(cluster, moved.Place);
    }

    [Fact]
    public async Task An_agent_that_was_restarted_since_still_knows_the_server()
    {
        var cluster = await BothRunning();
        await Seen(cluster);
        await using var moved = MovedServer.Move(cluster.N1);
        await cluster.N1.Agent.Kill();
        await cluster.N1.StartAgent();
        await IsNotPassedOver(cluster, moved.Place);
    }

    [Fact]
    public async Task A_primary_whose_data_directory_was_replaced_by_an_empty_one_is_not_taken_for_stopped()
    {
        var cluster = await BothRunning();
        await Seen(cluster);
        await using var moved = MovedServer.Move(cluster.N1);
        await AsPostgres.Run("/bin/mkdir", "-m", "700", cluster.N1.Postgres.DataDirectory);
        await IsNotPassedOver(cluster, moved.Place);
        (await cluster.N1.Api.Post("data/clone")).AssertRefused(409, 7); // nothing is put in its place while it lives
    }

    [Fact]
    public async Task A_file_system_mounted_over_the_data_directory_hides_no_primary()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "mounting needs root");
        var cluster = await BothRunning();
        await Seen(cluster);
        await using var over = await SmallDisk.Mount(cluster.N1.Postgres.DataDirectory, 1);
        await IsNotPassedOver(cluster, cluster.N1.Postgres.DataDirectory);
    }

    [Fact]
    public async Task A_copy_in_the_place_of_the_data_directory_is_not_what_the_server_runs_on()
    {
        var cluster = await BothRunning();
        await Seen(cluster);
        await using var moved = MovedServer.Move(cluster.N1);
        await AsPostgres.Run("/bin/cp", "-a", moved.Place, cluster.N1.Postgres.DataDirectory);
        await IsNotPassedOver(cluster, moved.Place);
    }

    [Fact]
    public async Task A_server_whose_data_directory_was_moved_before_its_agent_ever_ran_is_not_taken_for_stopped()
    {
        var cluster = Keep(await TestCluster.FilesOnly());
        await cluster.StartServers();
        await using var moved = MovedServer.Move(cluster.N1);
        await cluster.StartAgents();
        await cluster.WaitForStates("unknown", "slave");
        await IsRefused(cluster, cluster.N1.Postgres.DataDirectory);
    }

    [Fact]
    public async Task A_stop_ends_the_server_wherever_its_data_directory_is()
    {
        var cluster = await BothRunning();
        await cluster.Ledger.Insert(cluster.N1);
        await Seen(cluster);
        var postmaster = cluster.N1.Postgres.Pid!.Value;
        await using var moved = MovedServer.Move(cluster.N1);
        await cluster.N1.Agent.Kill();
        await cluster.N1.StartAgent();
        await cluster.Play("DELETE N1 instance/current → inactive, recovery");
        Assert.False(ServerProcesses.IsAlive(postmaster));
        moved.Back();
        await cluster.Play("POST N1 instance/all → master, slave"); // PostgreSQL itself cannot end cleanly without its control file in its place
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Fact]
    public async Task A_directory_that_is_back_in_its_place_is_that_of_the_server_again()
    {
        var cluster = await BothRunning();
        await Seen(cluster);
        await using var moved = MovedServer.Move(cluster.N1);
        await cluster.WaitForStates("unknown", "slave");
        moved.Back();
        await cluster.WaitForStates("master", "slave");
    }

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

    [Fact]
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

    [Fact]
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
    public async Task A_pid_file_that_cannot_be_read_is_not_a_missing_one()
    {
        var cluster = await PrimaryStopped();
        await File.WriteAllTextAsync(cluster.N1.Postgres.InData("postmaster.pid"), "1\n", TestContext.Current.CancellationToken);
        File.SetUnixFileMode(cluster.N1.Postgres.InData("postmaster.pid"), UnixFileMode.None);
        await cluster.WaitForStates("unknown", "recovery");
        await IsRefused(cluster, "postmaster.pid");
        File.Delete(cluster.N1.Postgres.InData("postmaster.pid"));
        await cluster.WaitForStates("inactive", "recovery");
    }

    [Fact]
    public async Task A_pid_file_of_a_megabyte_is_not_a_missing_one()
    {
        var cluster = await PrimaryStopped();
        await File.WriteAllTextAsync(cluster.N1.Postgres.InData("postmaster.pid"), new string('x', 1 << 20), TestContext.Current.CancellationToken);
        await cluster.WaitForStates("unknown", "recovery");
        await IsRefused(cluster, "postmaster.pid");
    }

    [Fact]
    public async Task A_stopped_node_on_whose_port_a_server_answers_is_unknown()
    {
        var cluster = await PrimaryStopped();
        var elsewhere = await TestRun.NewFolder("elsewhere");
        await AsPostgres.Run("/bin/cp", "-a", cluster.N1.Postgres.DataDirectory, Path.Combine(elsewhere, "data"));
        var copy = new Postgres(cluster.N1.Address, cluster.N1.Postgres.Port, Path.Combine(elsewhere, "data"), Path.Combine(elsewhere, "log"));
        await copy.Start();
        try
        {
            await cluster.WaitForStates("unknown", "recovery");
            await IsRefused(cluster, $"{cluster.N1.Postgres.Port}");
        }
        finally
        {
            await copy.Stop();
        }
        await cluster.WaitForStates("inactive", "recovery");
    }

    [Fact]
    public async Task A_stopped_node_on_whose_port_something_is_silent_is_unknown()
    {
        var cluster = await PrimaryStopped();
        using (var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Parse(cluster.N1.Address), cluster.N1.Postgres.Port))
        {
            listener.Start();
            await cluster.WaitForStates("unknown", "recovery");
            await IsRefused(cluster, $"{cluster.N1.Postgres.Port}");
        }
        await cluster.WaitForStates("inactive", "recovery");
    }

    [Fact]
    public async Task A_pid_file_whose_process_lives_on_the_directory_is_not_a_stale_one_whatever_the_program_is_called()
    {
        var cluster = await PrimaryStopped();
        using var program = AsPostgres.StartLogged("/dev/null", "/bin/sh", "-c", "cd \"$0\" && exec sleep 600", cluster.N1.Postgres.DataDirectory);
        await Wait.Until("it works there", () => cluster.N1.Postgres.Processes.Contains(program.Id));
        await cluster.WaitForStates("inactive", "recovery"); // a shell in the directory is no server
        await NamedInPidFile(cluster, program.Id);
        program.Kill();
        await cluster.WaitForStates("inactive", "recovery");
    }

    [Fact]
    public async Task A_pid_file_that_names_a_server_elsewhere_is_not_a_stale_one()
    {
        var cluster = await PrimaryStopped();
        await NamedInPidFile(cluster, cluster.N2.Postgres.Pid!.Value);
        File.Delete(cluster.N1.Postgres.InData("postmaster.pid")); // as it says
        await cluster.WaitForStates("inactive", "recovery");
    }

    [Fact]
    public async Task A_pid_file_whose_pid_was_used_again_by_another_program_hides_no_stopped_node()
    {
        var cluster = await PrimaryStopped();
        await WritePidFile(cluster.N1, $"{Environment.ProcessId}\n");
        Assert.Equal("inactive", (await cluster.N1.Api.Get("instance/current")).State(cluster.N1));
        await WritePidFile(cluster.N1, $"{ServerProcesses.ChildrenOf(cluster.N2.Postgres.Pid!.Value)[0]}\n");
        Assert.Equal("inactive", (await cluster.N1.Api.Get("instance/current")).State(cluster.N1));
        await cluster.Play("POST N2 instance/failover/promote → inactive, single");
    }

    [Fact]
    public async Task A_stopped_node_on_whose_socket_something_is_silent_is_unknown()
    {
        var cluster = await PrimaryStopped();
        var place = Path.Combine(cluster.N1.In("."), $".s.PGSQL.{cluster.N1.Postgres.Port}");
        using (var listener = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified))
        {
            listener.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(place));
            listener.Listen();
            await AsPostgres.AsRoot("/bin/chmod", "777", place);
            await WritePidFile(cluster.N1, $"4194304\n{cluster.N1.Postgres.DataDirectory}\n1\n{cluster.N1.Postgres.Port}\n{cluster.N1.In(".")}\n127.0.0.1\n0\nready\n");
            await cluster.WaitForStates("unknown", "recovery");
            await IsRefused(cluster, place);
        }
        await cluster.WaitForStates("inactive", "recovery");
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
    public async Task A_link_that_leads_elsewhere_since_hides_no_primary()
    {
        var cluster = Keep(await TestCluster.FilesOnly());
        await AsPostgres.Run("/bin/ln", "-s", cluster.N1.Postgres.DataDirectory, cluster.N1.In("link"));
        await cluster.N1.ChangeAgentConfig(cluster.N1.Postgres.DataDirectory, cluster.N1.In("link"));
        await cluster.StartServers();
        await cluster.StartAgents();
        await Seen(cluster);
        await AsPostgres.Run("/bin/mkdir", "-m", "700", cluster.N1.In("empty"));
        await AsPostgres.Run("/bin/ln", "-sfn", cluster.N1.In("empty"), cluster.N1.In("link"));
        await Seen(cluster); // the agent goes on with the directory that it has
        await cluster.N1.Agent.Kill();
        await cluster.N1.StartAgent();
        await IsNotPassedOver(cluster, cluster.N1.Postgres.DataDirectory);
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

    private static async Task NamedInPidFile(TestCluster cluster, int pid)
    {
        await WritePidFile(cluster.N1, $"{pid}\n");
        await cluster.WaitForStates("unknown", "recovery");
        await IsRefused(cluster, $"{pid}");
    }

    private static Task WritePidFile(TestNode node, string content) =>
        File.WriteAllTextAsync(node.Postgres.InData("postmaster.pid"), content, TestContext.Current.CancellationToken);

    /// <summary>The other node does not become primary unless force answers for this one, and the answer names it.</summary>
    private static async Task IsNotPassedOver(TestCluster cluster, string named)
    {
        await cluster.WaitForStates("unknown", "slave"); // an observation serves for 100 ms
        await IsRefused(cluster, named);
        var plan = await cluster.N2.Api.Post("instance/failover/promote?force=true&dryRun=true");
        Assert.True(plan.Status == 200 && plan.Field("overrides")!.Value.ToString().Contains(named, StringComparison.Ordinal), plan.ToString());
        (await cluster.N2.Api.Post("instance/failover/restart?force=true")).AssertRefused(409, 6);
        Assert.True(await cluster.N2.Postgres.Ask<bool>("SELECT pg_is_in_recovery()"));
    }

    private static async Task IsRefused(TestCluster cluster, string named)
    {
        var answer = await cluster.N2.Api.Post("instance/failover/promote");
        answer.AssertRefused(409, 6);
        Assert.Contains(named, answer.Message, StringComparison.Ordinal);
        Assert.Contains(cluster.N1.Name, answer.Hint, StringComparison.Ordinal);
    }

    private static Task Seen(TestCluster cluster) => cluster.WaitForStates("master", "slave");
}
