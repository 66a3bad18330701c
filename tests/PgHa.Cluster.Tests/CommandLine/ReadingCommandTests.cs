using System.Text.Json;
using System.Text.RegularExpressions;

namespace PgHa.Cluster.Tests.CommandLine;

/// <summary>The commands that only look, piped, against three nodes of which one was restarted by an operation.</summary>
public sealed class ReadingCommandTests(ThreeShared three) : ClusterTest, IClassFixture<ThreeShared>
{
    private TestCluster Cluster => Share(three.Cluster);

    [Fact]
    public async Task Operations_of_all_agents_are_listed_and_shown()
    {
        var cluster = Cluster;
        Assert.Equal(0, (await Cli.On(cluster.N2, "restart", "pg-node03", "--yes", "--reason", "a test")).Code);
        var list = await Cli.On(cluster.N1, "operations", "--last", "1");
        Assert.Equal("id node state took goal reason\nID pg-node02 done TIME restart pg-node03 a test\n", list.Text);
        var id = Regex.Match(list.Output, @"^\d{8}T\S+", RegexOptions.Multiline).Value;
        var one = await Cli.On(cluster.N1, "operations", id);
        Assert.Equal(0, one.Code);
        Assert.StartsWith("restart pg-node03 (a test)\nID, by the agent of pg-node02, begun MOMENT\n\n  ok check that pg-node03 could follow pg-node01 TIME\n", one.Text, StringComparison.Ordinal);
        Assert.Contains("\n  ok start pg-node03 as standby of pg-node01 TIME\n          accepts connections in recovery", one.Text, StringComparison.Ordinal);
        Assert.Contains("\ndone in TIME\nnow: pg-node01 primary, pg-node02 standby, pg-node03 standby\n", one.Text, StringComparison.Ordinal);
        Assert.Equal(0, (await Cli.On(cluster.N1, "operations", id, "--follow")).Code);
        Assert.Equal(id, JsonSerializer.Deserialize<JsonElement>((await Cli.On(cluster.N1, "operations", id, "--json")).Output).GetProperty("id").GetString());
        Refused(await Cli.On(cluster.N1, "operations", "20300131T030000123-4f2a9c"), 1, "no agent knows an operation ID (code 1)\n  hint: pgha operations lists them\n");
        Refused(await Cli.On(cluster.N1, "operations", "../cluster"), 2, "this is no operation's id\n  hint: pgha operations lists them\n");
        Refused(await Cli.On(cluster.N2, "operations", id, "--continue"), 1, "operation ID does not wait to be resumed (code 7)\n  hint: pgha operations ID says where it stands\n");
    }

    [Fact]
    public async Task Where_the_WAL_ends_and_which_files_there_are()
    {
        var cluster = Cluster;
        await cluster.Ledger.Insert(cluster.N1);
        var lsn = await Cli.On(cluster.N3, "lsn");
        Assert.Equal(0, lsn.Code);
        Assert.StartsWith("node tl last record end received replayed checkpoint redo file\npg-node01 1 LSN LSN ", lsn.Text, StringComparison.Ordinal);
        Assert.Equal(["pg-node01", "pg-node02", "pg-node03"], JsonSerializer.Deserialize<JsonElement>((await Cli.On(cluster.N3, "lsn", "--json")).Output).EnumerateObject().Select(p => p.Name));
        var files = await Cli.On(cluster.N3, "wal", "ls", "pg-node01");
        Assert.Matches(@"^[0-9a-f]{32}  0000000100000000[0-9A-F]{8}$", files.Output.Split('\n')[0]);
        var name = files.Output.Split('\n')[0][34..];
        var path = Path.Combine(cluster.N1.Folder, "copy");
        Assert.Equal($"{path}: 16777216 bytes, from pg-node01\n", (await Cli.On(cluster.N3, "wal", "get", name, "pg-node01", "--to", path)).Output);
        Assert.Equal(await File.ReadAllBytesAsync(cluster.N1.Postgres.InData("pg_wal/" + name), TestContext.Current.CancellationToken), await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken));
        Refused(await Cli.On(cluster.N3, "wal", "get", name, "--to", path), 2, $"{path} exists, and is not touched\n");
        Refused(await Cli.On(cluster.N3, "wal", "get", "../postgresql.conf"), 2, "../postgresql.conf is not the name of a file of WAL\n");
        var start = JsonSerializer.Deserialize<JsonElement>((await Cli.On(cluster.N1, "lsn", "--json")).Output).GetProperty("pg-node01").GetProperty("lastLsn").GetString()!;
        var valid = await Cli.On(cluster.N1, "wal", "check", "1", start);
        Assert.True(valid.Code == 0 && valid.Output.StartsWith("a record starts there; ", StringComparison.Ordinal), valid.ToString());
        var not = await Cli.On(cluster.N1, "wal", "check", "1", "0/2000001");
        Assert.True(not.Code == 1, not.ToString());
        Assert.Equal(2, (await Cli.On(cluster.N1, "wal", "check", "1", "here")).Code);
    }

    [Fact]
    public async Task A_file_of_WAL_is_given_to_a_stopped_node()
    {
        var cluster = Cluster;
        var name = (await Cli.On(cluster.N1, "wal", "ls")).Output.Split('\n')[0][34..];
        var path = Path.Combine(cluster.N1.Folder, name);
        Assert.Equal(0, (await Cli.On(cluster.N1, "wal", "get", name, "--to", path)).Code);
        Refused(await Cli.On(cluster.N1, "wal", "put", path, "pg-node02"), 2, "nobody can be asked here: this is no terminal\n");
        var runs = await Cli.On(cluster.N1, "wal", "put", path, "pg-node02", "--yes");
        Assert.True(runs.Code == 1 && runs.Error.Contains("pg-node02", StringComparison.Ordinal), runs.ToString());
        Assert.Equal(0, (await Cli.On(cluster.N1, "stop", "pg-node02", "--yes")).Code);
        var placed = await Cli.On(cluster.N1, "wal", "put", path, "pg-node02", "--yes");
        Assert.True(placed.Output == $"{name} is in pg_wal of pg-node02\n", placed.ToString());
        Assert.Equal(0, (await Cli.On(cluster.N1, "start", "pg-node02", "--yes")).Code);
        await cluster.WaitForStates("master", "slave", "slave");
    }

    [Fact]
    public async Task Slots_salvages_the_configuration_and_what_the_shell_completes()
    {
        var cluster = Cluster;
        Assert.Equal(0, (await Cli.On(cluster.N2, "restart", "pg-node02", "--yes")).Code); // from then on it streams through its slot
        var slots = "";
        await Wait.Until("it uses its slot", async () => (slots = (await Cli.On(cluster.N2, "slots", "pg-node01")).Text).Contains("\npg-node01 pgha_pg_node02 physical yes ", StringComparison.Ordinal));
        Assert.StartsWith("node slot kind used restart lsn holds back remarks\npg-node01 pgha_pg_node02 physical yes LSN ", slots, StringComparison.Ordinal);
        Assert.Equal(3, JsonSerializer.Deserialize<JsonElement>((await Cli.On(cluster.N2, "slots", "--json")).Output).GetArrayLength());
        Assert.Equal("nothing was salvaged\n", (await Cli.On(cluster.N2, "salvage")).Output);
        Refused(await Cli.On(cluster.N2, "salvage", "x"), 1, "no agent knows that salvage (code 1)\n");
        Assert.Contains("cluster", (await Cli.On(cluster.N2, "config", "show")).Output, StringComparison.Ordinal);
        Assert.Contains(JsonSerializer.Deserialize<JsonElement>((await Cli.On(cluster.N2, "config", "show", "--json")).Output).EnumerateArray(), s => s.GetProperty("key").GetString() == "node" && s.GetProperty("value").GetString() == "pg-node02");
        Refused(await Cli.On(cluster.N2, "explain"), 1, "failover.mode is manual: nothing is decided without a person (code 7)\n");
        Refused(await Cli.On(cluster.N2, "pause", "--json"), 1, "", json: true);
        foreach (var shell in (string[])["bash", "zsh", "fish"])
            Assert.Contains("[suggest:", (await Cli.Run("completion", shell)).Output, StringComparison.Ordinal);
        var line = $"pgha switchover --config {cluster.N2.Agent.ConfigFile} pg-";
        var completed = await AsPostgres.Run("/bin/bash", "-c", $"pgha() {{ {AgentProcess.Binary} \"$@\"; }}; source <(pgha completion bash); COMP_LINE='{line}'; COMP_POINT={line.Length}; COMP_WORDS=({line}); COMP_CWORD=4; _pgha; echo \"${{COMPREPLY[*]}}\"");
        Assert.Equal("pg-node01 pg-node02 pg-node03\n", completed);
    }

    /// <summary>An agent that accepts connections and says nothing is given up; one of before says what it can.</summary>
    [Fact]
    public async Task An_agent_that_does_not_answer_is_given_up_and_others_are_asked()
    {
        var cluster = Cluster;
        await cluster.N2.Agent.Freeze();
        try
        {
            var clock = System.Diagnostics.Stopwatch.StartNew();
            var said = await Cli.On(cluster.N2, "status");
            Assert.Equal(0, said.Code);
            Assert.Contains("because the agent of pg-node02 at http://127.0.0.2:PORT/ does not answer: no answer in time", said.Text, StringComparison.Ordinal);
            Assert.Contains("pg-node02 unknown not seen\n", said.Text, StringComparison.Ordinal);
            Assert.InRange(clock.Elapsed.TotalSeconds, 0, 20);
            Refused(await Cli.Run("status", "--url", cluster.N2.AgentUrl.GetLeftPart(UriPartial.Authority)), 3, "the agent of 127.0.0.2:PORT at http://127.0.0.2:PORT/ does not answer: no answer in time (code 10)\n");
        }
        finally
        {
            cluster.N2.Agent.Thaw();
        }
    }

    private static void Refused(Said said, int code, string why, bool json = false)
    {
        Assert.Equal((code, json), (said.Code, said.Output.Length > 0));
        if (!json) Assert.StartsWith("error: " + why, said.ErrorText, StringComparison.Ordinal);
        else Assert.NotEqual(0, JsonSerializer.Deserialize<JsonElement>(said.Output).GetProperty("code").GetInt32());
    }
}
