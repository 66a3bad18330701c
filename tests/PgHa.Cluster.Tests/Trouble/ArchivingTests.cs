namespace PgHa.Cluster.Tests.Trouble;

/// <summary>An archive that is slow or away delays no switchover beyond what PostgreSQL's own shutdown takes (fact 12).</summary>
public sealed class ArchivingTests : ClusterTest
{
    /// <summary>One archive_command may be under way when a server stops, and one more is tried for the last segment.</summary>
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData("masterSlave", "sleep 2; false")]
    [InlineData("slaveMaster", "sleep 2; false")]
    [InlineData("masterSlave", "false")]
    [InlineData("slaveMaster", "false")]
    [InlineData("masterSlave", "sleep 2")]
    public async Task A_switchover_does_not_wait_for_the_archive(string order, string command)
    {
        var cluster = Keep(await TestCluster.AllRunning(prepare: each =>
            Task.WhenAll(each.Nodes.Select(node => node.AddToPostgresConf($"archive_mode = on\narchive_command = '{command}'")))));
        await using (new WritingClients(cluster))
        {
            await Wait.Until("rows are written", () => cluster.Ledger.Count > 50);
            for (var i = 0; i < 4; i++) await cluster.N1.Postgres.Execute("SELECT pg_switch_wal()"); // a backlog for the archiver
            var answer = await cluster.N1.Api.Post($"instance/switchover/{order}");
            await cluster.AssertStates(answer, "slave", "master");
            Assert.InRange(answer.Elapsed, TimeSpan.Zero, Bound);
        }
        await cluster.Ledger.AssertOnEveryRunningNode();
        Assert.Equal("12", string.Concat(cluster.Ledger.Reigns().Select(node => node.Number)));
    }
}
