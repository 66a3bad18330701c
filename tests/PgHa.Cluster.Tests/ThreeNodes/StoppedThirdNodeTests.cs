namespace PgHa.Cluster.Tests.ThreeNodes;

/// <summary>A third node that is down can keep the target of a switchover from becoming writable: that is found before anything stops.</summary>
public sealed class StoppedThirdNodeTests : ClusterTest
{
    [Theory]
    [InlineData("masterSlave?by=promote"), InlineData("masterSlave")]
    public async Task Where_its_WAL_has_forked_the_primary_is_not_stopped(string how)
    {
        var cluster = await ThreeRunning();
        await cluster.N3.Postgres.Stop();
        await cluster.N3.Postgres.WriteAlone();
        await cluster.Ledger.Insert(cluster.N1);
        await Refused(cluster, how, "has forked");
    }

    [Theory]
    [InlineData("masterSlave?by=promote"), InlineData("masterSlave")]
    public async Task Where_nothing_can_be_proven_it_takes_force(string how)
    {
        var cluster = await ThreeRunning();
        await cluster.N3.Postgres.Stop();
        foreach (var file in Directory.EnumerateFiles(cluster.N3.Postgres.InData("pg_wal"), "0*"))
            File.Delete(file);
        await Refused(cluster, how, "cannot be proven");
        var answer = await cluster.N1.Api.Post($"instance/switchover/{how}{(how.Contains('?', StringComparison.Ordinal) ? '&' : '?')}to=pg-node02&force=true");
        await cluster.AssertStates(answer, "slave", "master", "inactive");
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    private static async Task Refused(TestCluster cluster, string how, string why)
    {
        var before = cluster.N1.Postgres.Pid;
        var answer = await cluster.N1.Api.Post($"instance/switchover/{how}{(how.Contains('?', StringComparison.Ordinal) ? '&' : '?')}to=pg-node02");
        answer.AssertRefused(409, 13);
        Assert.Contains(why, answer.Message, StringComparison.Ordinal);
        Assert.Equal(before, cluster.N1.Postgres.Pid);
        await cluster.Ledger.Insert(cluster.N1);
    }
}
