namespace PgHa.Cluster.Tests.Trouble;

/// <summary>
/// A program that a session started still holds the server's stderr: its logging collector lives until that is closed, long after the
/// server has ended. It is not attached to the server's memory and writes nothing but the log, so nothing waits for it.
/// </summary>
public sealed class LingeringLoggerTests : ClusterTest
{
    private const string Daemon = "COPY (SELECT 1) TO PROGRAM 'cat >/dev/null; setsid sleep 300 </dev/null >/dev/null &'";

    [Theory]
    [InlineData("POST N1 instance/switchover/masterSlave?by=promote → slave, master")]
    [InlineData("POST N1 instance/switchover/masterSlave → slave, master")]
    [InlineData("DELETE N1 instance/current → inactive, recovery")]
    public async Task It_is_not_waited_for(string call)
    {
        var cluster = Keep(await TestCluster.AllRunning(2, c => c.N1.AddToPostgresConf("logging_collector = on")));
        await cluster.N1.Postgres.Execute(Daemon);
        var logger = Assert.Single(Loggers(cluster.N1));
        await cluster.Play($"""
            insert
            {call}
            """);
        Assert.Contains(logger, Loggers(cluster.N1)); // else this test shows nothing
        var answer = await cluster.N2.Api.Post("instance/all");
        Assert.True(answer.Status == 200, answer.ToString());
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    private static IEnumerable<int> Loggers(TestNode node) => node.Postgres.Processes.Where(pid => Title(pid).EndsWith("logger", StringComparison.Ordinal));

    private static string Title(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline").TrimEnd('\0', ' ');
        }
        catch (IOException)
        {
            return ""; // ended meanwhile
        }
    }
}
