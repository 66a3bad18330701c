namespace PgHa.Cluster.Tests.Calls;

public sealed class ReadingTests(RunningPair pair) : ClusterTest, IClassFixture<RunningPair>
{
    [Theory]
    [InlineData(1, "instance/current", """{"pg-node01":"master"}""")]
    [InlineData(2, "instance/current", """{"pg-node02":"slave"}""")]
    [InlineData(1, "instance/pg-node02", """{"pg-node02":"slave"}""")]
    [InlineData(2, "instance/all", """{"pg-node01":"master","pg-node02":"slave"}""")]
    [InlineData(1, "in_recovery", """{"in_recovery":"f"}""")]
    [InlineData(2, "in_recovery", """{"in_recovery":"t"}""")]
    public async Task The_body_is_exactly_that_of_the_specification(int node, string path, string body)
    {
        var answer = await Share(pair.Cluster).Nodes[node - 1].Api.Get(path);
        Assert.Equal((200, body), (answer.Status, answer.Body));
    }

    [Fact]
    public async Task Base_backups_and_archivers_do_not_make_a_master()
    {
        var cluster = Keep(await TestCluster.AllStopped());
        await cluster.Play("POST N1 instance/master → single, inactive");
        var folder = cluster.N1.In("received");
        await AsPostgres.Run("/bin/mkdir", folder);
        using var receiver = AsPostgres.StartLogged(
            cluster.N1.In("receivewal.log"), Path.Combine(AsPostgres.BinDir, "pg_receivewal"), "-D", folder, "-h", cluster.N1.Address, "-p", $"{cluster.N1.Postgres.Port}", "-U", "postgres");
        await Wait.Until("pg_receivewal streams", async () =>
            await cluster.N1.Postgres.Ask<long>("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'") == 1);
        await cluster.Play("GET N1 instance/all → single, inactive");
        receiver.Kill();
    }
}
