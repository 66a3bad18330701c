using System.Text.Json;
using System.Text.RegularExpressions;

namespace PgHa.Cluster.Tests.Trouble;

/// <summary>What happens on a node is in the log of its agent: once, in one line.</summary>
public sealed class AgentLogTests : ClusterTest
{
    [Fact]
    public async Task A_dead_server_a_lost_standby_and_steps_for_others_are_said_where_they_happen()
    {
        var cluster = await BothRunning();
        await cluster.WaitForStates("master", "slave");
        await cluster.N2.Postgres.KillAndWait();
        await Says(cluster.N2, "error", "died: its control file says in archive recovery; POST instance/current on pg-node02 starts it again");
        await cluster.WaitForStates("single", "inactive");
        await Says(cluster.N1, "warning", "standby pg-node02 no longer streams from pg-node01");
        await cluster.Play("POST N1 instance/all → master, slave");
        await Says(cluster.N1, "info", "standby pg-node02 streams from pg-node01 again");
        var operation = Messages(cluster.N1).Last(m => m.Contains(": begun, ", StringComparison.Ordinal)).Split(' ', ':')[1];
        Assert.Contains(Messages(cluster.N2), m => Regex.IsMatch(m, $@"^info {operation}: for pg-node01: start .* done in [0-9.]+ ms: "));
        await cluster.Play("DELETE N1 instance/slave → single, inactive");
        await Says(cluster.N2, "info", "has ended; what is done here: stop");
        await cluster.N1.Postgres.Stop();
        await Says(cluster.N1, "warning", "was shut down, and not by pgha");
        await cluster.N1.Postgres.Start();
        await cluster.WaitForStates("single", "inactive");
        await cluster.N1.Postgres.KillAndWait();
        await Says(cluster.N1, "error", "died: its control file says in production");
        foreach (var node in cluster.Nodes)
        {
            Assert.All(File.ReadLines(node.Agent.LogFile), line => Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (info|warning|error) \S", line));
            Assert.Equal(Messages(node).Distinct(), Messages(node));
        }
    }

    [Fact]
    public async Task It_is_JSON_by_option()
    {
        var cluster = Keep(await TestCluster.FilesOnly());
        await cluster.N1.AddToAgentConfig("log: json");
        await cluster.N1.StartAgent();
        Assert.All(File.ReadLines(cluster.N1.Agent.LogFile), line => Assert.False(string.IsNullOrEmpty(JsonDocument.Parse(line).RootElement.GetProperty("Message").GetString())));
    }

    /// <summary>systemd says which stream its journal is: here the log file is.</summary>
    [Fact]
    public async Task In_the_journal_each_line_has_its_priority_and_no_time()
    {
        var node = Keep(await TestCluster.FilesOnly()).N1;
        await AsPostgres.Run("/usr/bin/touch", node.Agent.LogFile);
        using var agent = AsPostgres.StartLogged(node.Agent.LogFile, "/bin/sh", "-c", "JOURNAL_STREAM=$(stat -c %d:%i \"$2\") exec \"$0\" agent --config \"$1\"", AgentProcess.Binary, node.Agent.ConfigFile, node.Agent.LogFile);
        try
        {
            await Wait.Until("it answers", node.Api.Answers, 30);
            Assert.Matches("^<6>info agent of pg-node01 in cluster ", File.ReadLines(node.Agent.LogFile).First());
        }
        finally
        {
            Signal.Send(agent.Id, Signal.Term);
            await agent.WaitForExitAsync(CancellationToken.None);
        }
    }

    private static Task Says(TestNode node, string level, string what) => Wait.Until($"the log of {node.Name} says: {what}", () =>
        Messages(node).Count(m => m.StartsWith(level, StringComparison.Ordinal) && m.Contains(what, StringComparison.Ordinal)) == 1);

    /// <summary>The lines without their time.</summary>
    private static string[] Messages(TestNode node) => [.. File.ReadLines(node.Agent.LogFile).Select(line => line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..])];
}
