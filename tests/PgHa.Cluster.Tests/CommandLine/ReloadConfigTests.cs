using System.Text.Json;
using System.Text.RegularExpressions;

namespace PgHa.Cluster.Tests.CommandLine;

/// <summary>Agents read their configuration again: a node goes and comes back, and neither PostgreSQL nor an agent's process is restarted.</summary>
public sealed partial class ReloadConfigTests : ClusterTest
{
    [Fact]
    public async Task A_node_is_taken_out_and_put_back_without_a_restart_of_PostgreSQL()
    {
        var cluster = await ThreeRunning();
        await cluster.Ledger.Insert(cluster.N1);
        TestNode[] staying = [cluster.N1, cluster.N2];
        var before = staying.Select(n => (n.Agent.Pid, n.Postgres.Pid)).ToArray();
        Assert.Equal(0, (await Cli.On(cluster.N1, "stop", "pg-node03", "--yes")).Code);
        await cluster.N3.Agent.Stop();
        var line = Third().Match(File.ReadAllText(cluster.N1.Agent.ConfigFile)).Value;
        await cluster.N1.ChangeAgentConfig(line, "");
        var first = await Cli.On(cluster.N1, "reload-config", "pg-node01");
        Assert.True(first.Code == 0, first.ToString());
        Assert.StartsWith("pg-node01: nodes.pg-node03.agent, nodes.pg-node03.postgres have changed: its agent begins anew\nnote: the agents disagree about the cluster: ", first.Text, StringComparison.Ordinal);
        await cluster.N2.ChangeAgentConfig(line, "");
        var second = await Cli.On(cluster.N1, "reload-config", "--json");
        Assert.True(second.Code == 0, second.ToString());
        Assert.Equal([0, 2], JsonSerializer.Deserialize<JsonElement>(second.Output).EnumerateArray().Select(c => c.GetProperty("changed").GetArrayLength()));
        Assert.Equal(before, staying.Select(n => (n.Agent.Pid, n.Postgres.Pid)));
        Assert.Contains("pg-node01", (await Cli.On(cluster.N2, "status")).Text, StringComparison.Ordinal);
        Assert.DoesNotContain("pg-node03", (await Cli.On(cluster.N2, "status")).Text, StringComparison.Ordinal);
        Assert.Equal(0, (await Cli.On(cluster.N2, "switchover", "pg-node02", "--yes")).Code);
        await cluster.Ledger.Insert(cluster.N2);

        foreach (var node in staying)
        {
            await node.ChangeAgentConfig("\npostgres:", $"\n{line.TrimEnd()}\npostgres:");
            Signal.Send(node.Agent.Pid, Signal.Hangup);
        }
        await cluster.N3.StartAgent();
        await Wait.Until("all agree", async () => await Cli.On(cluster.N1, "start", "pg-node03", "--yes") is { Code: 0 }, 30);
        await cluster.WaitForStates("slave", "master", "slave");
        await cluster.Ledger.AssertOnEveryRunningNode();
        Assert.Equal(before.Select(b => b.Item1), staying.Select(n => n.Agent.Pid));
    }

    [Fact]
    public async Task The_primary_is_not_taken_out_before_it_has_given_its_place()
    {
        var cluster = await BothRunning();
        var line = First().Match(File.ReadAllText(cluster.N2.Agent.ConfigFile)).Value;
        await cluster.N2.ChangeAgentConfig(line, "");
        var refused = await Cli.On(cluster.N1, "reload-config", "pg-node02");
        Assert.Equal(1, refused.Code);
        Assert.Contains("pg-node01 accepts writes, and is left out of nodes", refused.Error, StringComparison.Ordinal);
        await cluster.Play("POST N1 instance/switchover/masterSlave?by=promote → slave, master");
        var done = await Cli.On(cluster.N1, "reload-config", "pg-node02");
        Assert.True(done.Code == 0, done.ToString());
    }

    [Fact]
    public async Task What_cannot_be_used_is_named_and_changes_nothing()
    {
        var cluster = await BothRunning();
        Assert.Equal("pg-node01: nothing has changed\npg-node02: nothing has changed\n", (await Cli.On(cluster.N1, "reload-config")).Output);
        var run = (await cluster.N2.Api.GetV2("node")).Field("boot_id")!.Value.GetString();
        var good = File.ReadAllText(cluster.N2.Agent.ConfigFile);
        foreach (var (bad, said) in ((string, string)[])[
            (good + "\nfailover: { mode: sometimes }\n", "failover.mode"), (good + "\nunknown_key: 1\n", "unknown_key"), (good.Replace("node: pg-node02", "node: pg-node01", StringComparison.Ordinal), "node and state_dir of pg-node02 cannot be changed"),
            (good + "\nsecurity: { token_file: /nonexistent }\n", "/nonexistent"), ("", "pgha.yml")])
        {
            await File.WriteAllTextAsync(cluster.N2.Agent.ConfigFile, bad, TestContext.Current.CancellationToken);
            var refused = await Cli.On(cluster.N1, "reload-config", "pg-node02");
            Assert.Equal(1, refused.Code);
            Assert.Contains(said, refused.Error, StringComparison.Ordinal);
            Assert.Matches("\n  hint: .", refused.Error);
            Signal.Send(cluster.N2.Agent.Pid, Signal.Hangup);
            await Wait.Until("its log names it", () => File.ReadAllText(cluster.N2.Agent.LogFile).Contains(said, StringComparison.Ordinal));
        }
        await File.WriteAllTextAsync(cluster.N2.Agent.ConfigFile, good, TestContext.Current.CancellationToken);
        Assert.Equal("pg-node02: nothing has changed\n", (await Cli.On(cluster.N1, "reload-config", "pg-node02")).Output);
        Assert.Equal(run, (await cluster.N2.Api.GetV2("node")).Field("boot_id")!.Value.GetString());
        Assert.Equal(2, (await Cli.On(cluster.N1, "reload-config", "pg-node09")).Code);
    }

    /// <summary>A step that is under way here, or an operation of this agent, is not cut short.</summary>
    [Fact]
    public async Task An_agent_begins_anew_when_its_operation_has_ended()
    {
        var cluster = await BothRunning();
        await cluster.Ledger.Insert(cluster.N1);
        await using (var stubborn = await Stubborn.On(cluster.N1))
        await using (var restart = await Tmux.Start(120, 40, $"{AgentProcess.Binary} restart pg-node01 --yes --config {cluster.N2.Agent.ConfigFile}"))
        {
            await restart.Shows("  ...   stop pg-node01");
            foreach (var node in cluster.Nodes)
            {
                await node.AddToAgentConfig("log: json");
                Signal.Send(node.Agent.Pid, Signal.Hangup);
            }
            await Wait.Until("both have heard it", () => cluster.Nodes.All(n => File.ReadAllText(n.Agent.LogFile).Contains("(log): the agent begins anew with it", StringComparison.Ordinal)));
            stubborn.LetEnd();
            await restart.Shows("ended with 0");
        }
        await Wait.Until("both write JSON", () => cluster.Nodes.All(n => File.ReadAllText(n.Agent.LogFile).Contains("\n{", StringComparison.Ordinal)), 30);
        foreach (var node in cluster.Nodes) await Wait.Until($"{node.Name} answers", node.Api.Answers, 30);
        await cluster.WaitForStates("master", "slave");
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    /// <summary>As when a service is reloaded again and again: also in the moments in which another run of the agent begins.</summary>
    [Fact]
    public async Task Signals_that_come_while_an_agent_begins_anew_end_nothing()
    {
        var cluster = await BothRunning();
        var pid = cluster.N1.Agent.Pid;
        await cluster.N1.AddToAgentConfig("log: json");
        for (var sent = 0; sent < 150; sent++)
        {
            Signal.Send(pid, Signal.Hangup);
            await Task.Delay(4, TestContext.Current.CancellationToken); // the pace
        }
        await Wait.Until("it writes JSON", () => File.ReadAllText(cluster.N1.Agent.LogFile).Contains("\n{", StringComparison.Ordinal), 30);
        await Wait.Until("it answers", cluster.N1.Api.Answers, 30);
        Assert.True(cluster.N1.Agent.IsRunning && cluster.N1.Agent.Pid == pid);
        await cluster.N1.ChangeAgentConfig("log: json", "log: text");
        Signal.Send(pid, Signal.Hangup); // it hears them again
        await Wait.Until("it writes text again", () => File.ReadAllText(cluster.N1.Agent.LogFile).TrimEnd().Split('\n')[^1][0] != '{', 30);
        await Wait.Until("it answers again", cluster.N1.Api.Answers, 30);
        Assert.Equal(pid, cluster.N1.Agent.Pid);
        await cluster.WaitForStates("master", "slave");
    }

    [GeneratedRegex(@"  pg-node03: .*\n")]
    private static partial Regex Third();

    [GeneratedRegex(@"  pg-node01: .*\n")]
    private static partial Regex First();
}
