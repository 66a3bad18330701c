namespace PgHa.Cluster.Tests.Trouble;

/// <summary>A pid file, a port or a socket says that a server may run, and nobody sees its process: the node is not taken for stopped.</summary>
public sealed class AnsweringPlaceTests : UnseenServer
{
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
}
