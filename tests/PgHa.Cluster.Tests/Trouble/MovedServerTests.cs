namespace PgHa.Cluster.Tests.Trouble;

/// <summary>The primary runs, and its data directory is not in its place any more: that is never taken for a stopped server.</summary>
public sealed class MovedServerTests : UnseenServer
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
}
