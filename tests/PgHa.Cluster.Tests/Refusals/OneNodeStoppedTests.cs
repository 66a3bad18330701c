namespace PgHa.Cluster.Tests.Refusals;

public sealed class OneNodeStoppedTests : ClusterTest
{
    [Fact]
    public async Task A_stopped_standby_does_not_become_a_second_primary()
    {
        var cluster = await BothRunning();
        await cluster.Play("DELETE N2 instance/current → single, inactive");
        await cluster.AssertUnchanged(() => cluster.Play("POST N2 instance/master → refused 409, code 6"));
    }

    [Fact]
    public async Task Without_standby_signal_a_plain_start_counts_as_a_start_as_master()
    {
        var cluster = await BothRunning();
        await cluster.Play("DELETE N2 instance/current → single, inactive");
        File.Delete(cluster.N2.Postgres.InData("standby.signal"));
        await cluster.AssertUnchanged(() => cluster.Play("POST N2 instance/current → refused 409, code 6"));
    }

    [Fact]
    public async Task A_slave_without_a_master_is_refused_also_while_it_runs()
    {
        var cluster = await PrimaryStopped();
        await cluster.AssertUnchanged(() => cluster.Play("""
            POST N2 instance/slave → refused 409, code 12
            POST N1 instance/slave → refused 409, code 12
            """));
    }

    [Fact]
    public async Task Without_a_master_there_is_nothing_to_switch_over()
    {
        var cluster = await PrimaryStopped();
        await cluster.AssertUnchanged(() => cluster.Play("""
            POST N1 instance/switchover/masterSlave → refused 409, code 7
            POST N2 instance/switchover/slaveMaster → refused 409, code 7
            """));
    }

    [Fact]
    public async Task A_running_standby_is_not_started_as_master_and_follows_its_master_when_that_comes_back()
    {
        var cluster = await PrimaryStopped();
        await cluster.AssertUnchanged(() => cluster.Play("POST N2 instance/master → refused 409, code 5"));
        await cluster.Play("POST N1 instance/master → eventually master, slave");
    }
}
