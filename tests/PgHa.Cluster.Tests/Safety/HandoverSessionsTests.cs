using System.Net;
using System.Net.Sockets;
using System.Text;
using Npgsql.Replication;

namespace PgHa.Cluster.Tests.Safety;

/// <summary>
/// Who could still commit when the primary of a switchover by promotion flushes what was acknowledged: it must have been ended before,
/// by SIGTERM. What is found by the shutdown alone (SIGQUIT) is found too late.
/// </summary>
public sealed class HandoverSessionsTests : ClusterTest
{
    private const string There = "instance/switchover/masterSlave?by=promote";

    [Fact]
    public async Task A_session_that_is_still_logging_in_is_ended_before_the_flush()
    {
        var cluster = Keep(await TestCluster.AllRunning(prepare: each => LogsInSlowly(each.N1)));
        await cluster.N1.Postgres.Execute("CREATE ROLE slow LOGIN PASSWORD 'secret'");
        using var client = await AskedForItsPassword(cluster.N1);
        var port = ((IPEndPoint)client.Client.LocalEndPoint!).Port;
        await cluster.Play($"POST N1 {There} → slave, master");
        // a session that logs in says so whatever the signal was for; an immediate shutdown would say nothing
        Assert.Contains("FATAL:  canceling authentication", Log(cluster.N1, await Pid(cluster.N1, port)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wal_sender_of_a_database_is_ended_before_the_flush()
    {
        var cluster = Keep(await TestCluster.AllRunning(prepare: LogicalPair.Prepare));
        await using var session = new LogicalReplicationConnection(cluster.N1.Postgres.ConnectionString);
        await session.Open(TestContext.Current.CancellationToken);
        Assert.Equal("walsender", await cluster.N1.Postgres.Ask<string>($"SELECT backend_type FROM pg_stat_activity WHERE pid = {session.ProcessID}"));
        await cluster.Play($"POST N1 {There} → slave, master");
        Assert.Contains("FATAL:  terminating connection due to administrator command", Log(cluster.N1, session.ProcessID), StringComparison.Ordinal);
    }

    /// <summary>The logger is attached to nothing; the leader of autoprewarm is, and is not listed either.</summary>
    [Fact]
    public async Task Helpers_that_are_listed_nowhere_do_not_hold_it_up()
    {
        var cluster = Keep(await TestCluster.AllRunning(prepare: each => Task.WhenAll(each.Nodes.Select(node =>
            node.AddToPostgresConf("logging_collector = on\nshared_preload_libraries = 'pg_prewarm'\npg_prewarm.autoprewarm = on")))));
        await cluster.Ledger.Insert(cluster.N1);
        var answer = await cluster.N1.Api.Post(There);
        await cluster.AssertStates(answer, "slave", "master");
        Assert.Contains("sessions ended and all flushed", (await cluster.N1.Api.Get(answer.Location!.ToString())).Body, StringComparison.Ordinal);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    private static async Task LogsInSlowly(TestNode node)
    {
        await node.AddToPostgresConf("log_connections = on");
        var rules = node.Postgres.InData("pg_hba.conf");
        await File.WriteAllTextAsync(rules, "host postgres slow all scram-sha-256\n" + await File.ReadAllTextAsync(rules, TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);
    }

    /// <summary>A client that has said who it is, was asked for its password, and takes its time.</summary>
    private static async Task<TcpClient> AskedForItsPassword(TestNode node)
    {
        var client = new TcpClient();
        await client.ConnectAsync(node.Address, node.Postgres.Port, TestContext.Current.CancellationToken);
        byte[] words = [0, 3, 0, 0, .. Encoding.ASCII.GetBytes("user\0slow\0database\0postgres\0\0")];
        await client.GetStream().WriteAsync((byte[])[0, 0, 0, (byte)(words.Length + 4), .. words], TestContext.Current.CancellationToken);
        var answer = new byte[1];
        await client.GetStream().ReadExactlyAsync(answer, TestContext.Current.CancellationToken);
        Assert.Equal((byte)'R', answer[0]);
        return client;
    }

    private static async Task<int> Pid(TestNode node, int port)
    {
        var line = (await File.ReadAllLinesAsync(node.Postgres.LogFile, TestContext.Current.CancellationToken))
            .Single(each => each.Contains("connection received: ", StringComparison.Ordinal) && each.EndsWith($" port={port}", StringComparison.Ordinal));
        return int.Parse(line[(line.IndexOf('[', StringComparison.Ordinal) + 1)..line.IndexOf(']', StringComparison.Ordinal)], System.Globalization.CultureInfo.InvariantCulture);
    }

    private static string Log(TestNode node, int pid) =>
        string.Join('\n', File.ReadLines(node.Postgres.LogFile).Where(line => line.Contains($"[{pid}]", StringComparison.Ordinal)));
}
