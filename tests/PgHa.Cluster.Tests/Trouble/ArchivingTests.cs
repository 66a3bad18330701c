namespace PgHa.Cluster.Tests.Trouble;

/// <summary>An archive that is slow or away hinders no switchover; PostgreSQL's own shutdown tries it for a while (fact 12).</summary>
[Trait("Category", "Long")]
public sealed class ArchivingTests : ClusterTest
{
    [Theory]
    [InlineData("masterSlave", "sleep 2; false")]
    [InlineData("slaveMaster", "sleep 2; false")]
    [InlineData("masterSlave", "false")]
    [InlineData("slaveMaster", "false")]
    [InlineData("masterSlave", "sleep 2")]
    public async Task A_switchover_succeeds_with_a_slow_or_failing_archive_and_loses_nothing(string order, string command)
    {
        var cluster = Keep(await TestCluster.AllRunning(prepare: each =>
            Task.WhenAll(each.Nodes.Select(node => node.AddToPostgresConf($"archive_mode = on\narchive_command = '{command}'")))));
        await using (new WritingClients(cluster))
        {
            await Wait.Until("rows are written", () => cluster.Ledger.Count > 50);
            for (var i = 0; i < 4; i++) await cluster.N1.Postgres.Execute("SELECT pg_switch_wal()"); // a backlog for the archiver
            await cluster.WaitForStates("master", "slave");
            var answer = await cluster.N1.Api.Post($"instance/switchover/{order}");
            await cluster.AssertStates(answer, "slave", "master");
        }
        await cluster.Ledger.AssertOnEveryRunningNode();
        Assert.Equal("12", string.Concat(cluster.Ledger.Reigns().Select(node => node.Number)));
    }
}
