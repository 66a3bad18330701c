namespace PgHa.Cluster.Tests.Refusals;

/// <summary>A server that does not start says why, and the answer says it, too.</summary>
public sealed class FailedStartTests : ClusterTest
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_answer_shows_the_FATAL_line_and_names_the_log(bool collector)
    {
        var cluster = Keep(await TestCluster.AllStopped(prepare: each => each.N1.AddToPostgresConf(collector ? "logging_collector = on" : "logging_collector = off")));
        var node = cluster.N1;
        await node.AddToPostgresConf($"hba_file = '{node.Postgres.InData("broken_hba.conf")}'");
        await File.WriteAllTextAsync(node.Postgres.InData("broken_hba.conf"), "this is no line of pg_hba.conf\n", TestContext.Current.CancellationToken);
        await AsPostgres.AsRoot("/bin/chown", "postgres:", node.Postgres.InData("broken_hba.conf"));
        var answer = await node.Api.Post("instance/master");
        answer.AssertRefused(500, 9);
        Assert.Contains("FATAL:  could not load", answer.Message, StringComparison.Ordinal);
        Assert.Contains(collector ? node.Postgres.InData("log/") : node.Postgres.LogFile, answer.Hint, StringComparison.Ordinal);
    }
}
