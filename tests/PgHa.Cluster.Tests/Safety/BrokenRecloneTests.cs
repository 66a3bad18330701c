namespace PgHa.Cluster.Tests.Safety;

/// <summary>A reclone that is broken off leaves the only copy of what the node holds as it was, and the next one succeeds.</summary>
[Trait("Category", "Long")]
public sealed class BrokenRecloneTests : ClusterTest
{
    [Fact]
    public async Task Where_the_source_is_killed_the_old_directory_stays_as_it_was()
    {
        var (cluster, own) = await PartedPair.Make(this);
        await cluster.N1.AssertSameFiles(async () =>
        {
            var call = await InTheMiddle(cluster);
            cluster.N2.Postgres.Thaw();
            await cluster.N2.Postgres.KillAndWait();
            var answer = await call;
            answer.AssertRefused(500, 9);
            Assert.Contains("pg_basebackup failed", answer.Message, StringComparison.Ordinal);
            Assert.False(Directory.Exists(Side(cluster.N1)));
        });
        await cluster.Play("""
            POST N2 instance/current                 → inactive, single
            POST N1 instance/slave?rejoin=reclone    → slave, master
            """);
        await cluster.IsItselfAgain(own);
    }

    [Fact]
    public async Task Where_the_agent_is_killed_it_is_finished_when_it_is_back()
    {
        var (cluster, own) = await PartedPair.Make(this);
        await cluster.N1.AssertSameFiles(async () =>
        {
            var call = await InTheMiddle(cluster);
            await cluster.N1.Agent.Kill();
            await Task.WhenAny(call); // broken off
        });
        cluster.N2.Postgres.Thaw(); // pg_basebackup outlives its agent and goes on for a while
        await cluster.N1.StartAgent();
        await OperationWatch.NothingOpen(cluster.N1);
        await cluster.WaitForStates("slave", "master");
        await cluster.IsItselfAgain(own);
    }

    [Fact]
    public async Task Where_there_is_no_room_it_is_refused_and_where_the_disk_fills_up_the_old_directory_stays_as_it_was()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: it mounts a file system");
        var (cluster, own) = await PartedPair.Make(this);
        await using var small = await OnSmallDisk(cluster.N1);
        await cluster.N1.AssertSameFiles(async () =>
        {
            await small.FillUp();
            var refused = await cluster.N1.Api.Post("instance/slave?rejoin=reclone");
            refused.AssertRefused(409, 7);
            Assert.Contains("the disk of pg-node01 is too small", refused.Message, StringComparison.Ordinal);
            Assert.Contains("make room", refused.Hint, StringComparison.Ordinal);
            small.MakeRoom();
            var call = await InTheMiddle(cluster);
            await small.FillUp();
            cluster.N2.Postgres.Thaw();
            var answer = await call;
            answer.AssertRefused(500, 9);
            Assert.Contains("No space left on device", answer.Message, StringComparison.Ordinal);
            Assert.Contains("disk", answer.Hint, StringComparison.Ordinal);
            Assert.False(Directory.Exists(Side(cluster.N1)));
        });
        small.MakeRoom();
        await cluster.Play("POST N1 instance/slave?rejoin=reclone → slave, master");
        await cluster.IsItselfAgain(own);
        await cluster.N1.Postgres.Stop();
    }

    /// <summary>Not its end, which would be seen at once: it says nothing any more.</summary>
    [Fact, Trait("Category", "Long")]
    public async Task Where_the_source_falls_silent_it_is_given_up_and_the_old_directory_stays_as_it_was()
    {
        var (cluster, own) = await PartedPair.Make(this);
        await cluster.N1.AssertSameFiles(async () =>
        {
            var call = await InTheMiddle(cluster, "&timeout=90");
            await CopyInProgress.ShowsNumbers(cluster.N1, cluster.N2);
            var answer = await call; // nobody thaws it
            Assert.InRange(answer.Elapsed.TotalSeconds, 60, 85);
            answer.AssertRefused(500, 9);
            Assert.Contains("pg-node02 sent nothing for 60 s", answer.Message, StringComparison.Ordinal);
            Assert.Contains("nothing was put in place", answer.Hint, StringComparison.Ordinal);
            Assert.False(Directory.Exists(Side(cluster.N1)));
        });
        cluster.N2.Postgres.Thaw();
        await cluster.WaitForStates("inactive", "single");
        await cluster.Play("POST N1 instance/slave?rejoin=reclone → slave, master");
        await cluster.IsItselfAgain(own);
    }

    /// <summary>All of a stopped node but the agent's own files moves to a small disk, its data directory to the same path as before.</summary>
    private static async Task<SmallDisk> OnSmallDisk(TestNode node)
    {
        await node.Agent.Stop();
        var aside = node.Folder + "-aside";
        await AsPostgres.Run("/bin/mv", node.Folder, aside);
        var disk = await SmallDisk.Mount(node.Folder, megabytes: 900);
        await AsPostgres.Run("/bin/mv", Path.Combine(aside, "data"), disk.Folder);
        foreach (var left in Directory.GetFileSystemEntries(aside))
            await AsPostgres.Run("/bin/ln", "-s", left, disk.Folder);
        await node.StartAgent();
        return disk;
    }

    /// <summary>A reclone whose source is frozen after the first of many files.</summary>
    private static async Task<Task<Answer>> InTheMiddle(TestCluster cluster, string options = "")
    {
        var call = cluster.N1.Api.Post("instance/slave?rejoin=reclone" + options);
        await Wait.Until("files arrive", () => call.IsCompleted || Directory.Exists(Path.Combine(Side(cluster.N1), "base")), 30);
        await cluster.N2.Postgres.FreezeChildren();
        Assert.False(call.IsCompleted, "it was over before it could be broken off");
        return call;
    }

    private static string Side(TestNode node) => node.Postgres.DataDirectory + ".pgha-side";
}
