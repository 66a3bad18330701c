using System.Text.RegularExpressions;

namespace PgHa.Cluster.Tests.Setup;

/// <summary>A clone that is broken off leaves nothing behind, and the next one succeeds.</summary>
[Trait("Category", "Long")]
public sealed partial class BrokenCloneTests : BootstrapTest
{
    [Fact]
    public async Task The_source_is_killed_in_the_middle()
    {
        var cluster = await HalfWay();
        var clone = await InTheMiddle(cluster);
        cluster.N1.Postgres.Thaw();
        await cluster.N1.Postgres.KillAndWait();
        (await clone).AssertRefused(500, 9);
        AssertNothingLeft(cluster.N2);
        await cluster.Play("POST N1 instance/current?force=true → single, inactive");
        await Succeeds(cluster);
    }

    /// <summary>The copy comes from the server itself; only the proof before the start asks the agent.</summary>
    [Fact]
    public async Task The_agent_of_the_source_is_killed_in_the_middle_and_waited_for()
    {
        var cluster = await HalfWay();
        var clone = await InTheMiddle(cluster);
        await cluster.N1.Agent.Kill();
        cluster.N1.Postgres.Thaw();
        await Wait.Until("it waits for the agent of the source", async () =>
            (await cluster.N2.Api.Get("/api/pg/v2/operations")).Body.Contains("\"state\":\"waiting\"", StringComparison.Ordinal), 30);
        Assert.False(clone.IsCompleted);
        AssertNothingLeft(cluster.N2, "data");
        await cluster.Play("GET N2 instance/all → unknown, inactive");
        await cluster.N1.StartAgent();
        await cluster.AssertStates(await clone, "master", "slave");
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Fact]
    public async Task The_agent_is_killed_in_the_middle_and_cleans_up_when_it_is_back()
    {
        var cluster = await HalfWay();
        var clone = await InTheMiddle(cluster);
        await cluster.N2.Agent.Kill();
        await Task.WhenAny(clone); // broken off
        Assert.True(Directory.Exists(Side(cluster.N2)));
        cluster.N1.Postgres.Thaw(); // pg_basebackup outlives its agent and goes on for a while
        await cluster.N2.StartAgent();
        await Wait.Until("nothing is left", () => Directory.EnumerateDirectories(cluster.N2.Folder).All(d => d == cluster.N2.In("state")), 20);
        await Succeeds(cluster);
        AssertNothingLeft(cluster.N2, "data", "postgres.log");
    }

    [Fact]
    public async Task The_agent_is_stopped_in_the_middle()
    {
        var cluster = await HalfWay();
        var clone = await InTheMiddle(cluster);
        await cluster.N2.Agent.Stop();
        await Task.WhenAny(clone); // broken off
        AssertNothingLeft(cluster.N2);
        cluster.N1.Postgres.Thaw();
        await cluster.N2.StartAgent();
        await Succeeds(cluster);
    }

    [Fact]
    public async Task The_disk_fills_up_in_the_middle()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: it mounts a file system");
        var cluster = await HandMadePrimary(each => each.N2.ChangeAgentConfig(
            $"data_dir: {each.N2.Postgres.DataDirectory}", $"data_dir: {each.N2.In("small/data")}"));
        await cluster.N1.Postgres.Execute(Bulk(150));
        await using (var small = await SmallDisk.Mount(cluster.N2.In("small"), megabytes: 400))
        {
            var clone = await InTheMiddle(cluster, cluster.N2.In("small/data.pgha-side"));
            await small.FillUp();
            cluster.N1.Postgres.Thaw();
            var answer = await clone;
            answer.AssertRefused(500, 9);
            Assert.Contains("No space left on device", answer.Message, StringComparison.Ordinal);
            Assert.Equal(["hog"], Directory.GetFileSystemEntries(cluster.N2.In("small")).Select(Path.GetFileName));
        }
        await Succeeds(cluster);
        await AsPostgres.Postgres("pg_ctl", "stop", "-s", "-w", "-m", "fast", "-D", cluster.N2.In("small/data"));
    }

    /// <summary>No byte more, and no word either: its postmaster is frozen, too.</summary>
    [Fact]
    public async Task The_source_falls_silent_in_the_middle()
    {
        var cluster = await HalfWay();
        var clone = await InTheMiddle(cluster, options: "?timeout=90");
        await CopyInProgress.ShowsNumbers(cluster.N2, cluster.N1);
        await cluster.N1.Postgres.FreezePostmaster();
        var answer = await clone; // nobody thaws it
        Assert.InRange(answer.Elapsed.TotalSeconds, 60, 85);
        answer.AssertRefused(500, 9);
        Assert.Contains("pg-node01 sent nothing for 60 s", answer.Message, StringComparison.Ordinal);
        AssertNothingLeft(cluster.N2);
        cluster.N1.Postgres.Thaw();
        await cluster.WaitForStates("single", "inactive");
        await Succeeds(cluster);
    }

    [Fact]
    public async Task Progress_can_be_watched()
    {
        var cluster = await HalfWay();
        var clone = await InTheMiddle(cluster);
        await CopyInProgress.ShowsNumbers(cluster.N2, cluster.N1);
        var running = Id().Match((await cluster.N2.Api.Get("/api/pg/v2/operations")).Body).Groups[1].Value;
        Assert.Matches("copied [0-9]+/[0-9]+ kB", (await cluster.N2.Api.Get($"/api/pg/v2/operations/{running}")).Body);
        cluster.N1.Postgres.Thaw();
        await cluster.AssertStates(await clone, "master", "slave");
        Assert.Contains("verified by its manifest", (await cluster.N2.Api.Get($"/api/pg/v2/operations/{running}")).Body, StringComparison.Ordinal);
    }

    /// <summary>N1 serves so much that a copy takes a moment.</summary>
    private async Task<TestCluster> HalfWay()
    {
        var cluster = await HandMadePrimary();
        await cluster.N1.Postgres.Execute(Bulk(150));
        return cluster;
    }

    /// <summary>A clone whose source is frozen after the first of many files.</summary>
    private static async Task<Task<Answer>> InTheMiddle(TestCluster cluster, string? side = null, string options = "")
    {
        var clone = cluster.N2.Api.Post("data/clone" + options);
        await Wait.Until("files arrive", () => clone.IsCompleted || Directory.Exists(Path.Combine(side ?? Side(cluster.N2), "base")), 30);
        await cluster.N1.Postgres.FreezeChildren();
        Assert.False(clone.IsCompleted, "it was over before it could be broken off");
        return clone;
    }

    private static async Task Succeeds(TestCluster cluster)
    {
        await cluster.Play("POST N2 data/clone → master, slave");
        await cluster.Ledger.Insert(cluster.N1);
        Assert.True(await cluster.N2.Postgres.StreamsFrom(cluster.N1.Postgres));
    }

    private static string Side(TestNode node) => node.Postgres.DataDirectory + ".pgha-side";

    private static void AssertNothingLeft(TestNode node, params string[] but) =>
        Assert.Equal([.. new[] { "agent.log", "pgha.yml", "state" }.Concat(but).Order()], Directory.GetFileSystemEntries(node.Folder).Select(Path.GetFileName).Order());

    [GeneratedRegex("\"id\":\"([^\"]+)\"")]
    private static partial Regex Id();
}
