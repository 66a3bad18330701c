namespace PgHa.Cluster.Tests.Failover;

/// <summary><c>failover.stop_command</c>: agent and guard of the primary are killed in one instant, and its server serves on.</summary>
public sealed class StopCommandTests : ClusterTest
{
    [Fact, Trait("Category", "Long")]
    public async Task A_server_without_agent_and_guard_is_stopped_by_the_program_and_only_then_another_node_serves()
    {
        var script = "";
        await using var automatic = await AutomaticCluster.Running(Keep, prepare: async node =>
        {
            script = Path.Combine(Path.GetDirectoryName(node.Folder)!, "stop");
            await node.ChangeAgentConfig("  rejoin: rewind", $"  rejoin: rewind\n  stop_command: {script}");
            await node.AddToPostgresConf("wal_log_hints = on");
            await Install(script, "exit 3");
        });
        var cluster = automatic.Cluster;
        await cluster.Ledger.Insert(cluster.N1, 20);
        await cluster.Ledger.AssertOnEveryRunningNode();

        foreach (var pid in (int[])[cluster.N1.Agent.Pid, .. AutomaticCluster.Guards(cluster.N1)]) Signal.Send(pid, Signal.Kill);
        await Wait.Until("its agent is gone", () => !cluster.N1.Agent.IsRunning);
        await Wait.Until("the program that fails is named", async () => (await Reason(cluster.N2)).Contains("did not stop it: it ended with 3: node pg-node01 at 127.0.0.1", StringComparison.Ordinal), 30);
        Assert.Contains("pg-node02, which is the better node, runs its failover.stop_command", await Reason(cluster.N3), StringComparison.Ordinal);
        Assert.True(await Seen.AcceptsWrites(cluster.N1));
        Assert.False(await Seen.AcceptsWrites(cluster.N2) || await Seen.AcceptsWrites(cluster.N3));
        await cluster.Ledger.Insert(cluster.N1); // nobody was promoted beside it: it is still the primary

        // It says that all is well, and nothing is: the look afterwards finds the server.
        await Install(script, "exit 0");
        await Wait.Until("it is not believed", async () => (await Reason(cluster.N2)).Contains("says that it has stopped it", StringComparison.Ordinal), 40);
        Assert.False(await Seen.AcceptsWrites(cluster.N2) || await Seen.AcceptsWrites(cluster.N3));

        await Install(script, $"for pid in {string.Join(' ', cluster.N1.Postgres.Processes)}; do kill -9 $pid 2>/dev/null; done; exit 0");
        await Seen.Serves(cluster.N2);
        Assert.Empty(cluster.N1.Postgres.Processes);
        await cluster.Ledger.Insert(cluster.N2);
        await Wait.Until("N3 follows", () => Seen.Follows(cluster.N3, cluster.N2), 40);
        await cluster.N1.StartAgent();
        await Wait.Until("N1 follows", () => Seen.Follows(cluster.N1, cluster.N2), 40);
        await cluster.Ledger.AssertOnEveryRunningNode();
        cluster.Ledger.Reigns();
    }

    private static async Task<string> Reason(TestNode node)
    {
        if (await AutomaticCluster.Explain(node) is not { } said)
            return "";
        return said.GetProperty("reason").GetString()!;
    }

    /// <summary>In its place in one moment, as an operator repairs it.</summary>
    private static async Task Install(string script, string what)
    {
        await File.WriteAllTextAsync(script + ".new", $"#!/bin/sh\necho \"node $1 at $2\"\n{what}\n", TestContext.Current.CancellationToken);
        File.SetUnixFileMode(script + ".new", (UnixFileMode)0b111_101_101);
        File.Move(script + ".new", script, overwrite: true);
    }
}
