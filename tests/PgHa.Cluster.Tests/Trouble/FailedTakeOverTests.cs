namespace PgHa.Cluster.Tests.Trouble;

/// <summary>
/// A switchover by promotion whose target lives, but cannot be told to promote (its disk fails): the old primary, which is down by then,
/// serves again at once, and the next switchover succeeds.
/// </summary>
public sealed class FailedTakeOverTests : ClusterTest
{
    /// <summary>Files that are written before the signal.</summary>
    [Theory]
    [InlineData("state/hand-over"), InlineData("state/promoting")]
    public async Task The_old_primary_serves_again(string file)
    {
        await using var run = await HandoverRun.Start(await BothRunning());
        var (how, report) = await run.Play(run.TakeOver, () => AsPostgres.Run("/bin/mkdir", run.S.In(file)));
        Assert.True(how == "undone", $"{how}: {report}");
        Assert.False(run.S.Postgres.Pid is { } pid && ServerProcesses.IsFrozen(pid), report);
        Directory.Delete(run.S.In(file));
        await run.Check(how, report);
        (how, report) = await run.Play(0, () => Task.CompletedTask);
        Assert.True(how == "done", $"{how}: {report}");
        await run.Check(how, report);
    }

    [Fact]
    public async Task A_state_dir_of_the_target_that_cannot_be_written_is_found_before_anything_stops()
    {
        var cluster = await BothRunning();
        var state = cluster.N2.In("state");
        var mode = File.GetUnixFileMode(state);
        File.SetUnixFileMode(state, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        await using var session = await cluster.N1.Postgres.Connect();
        (await cluster.N1.Api.Post("instance/switchover/masterSlave?by=promote")).AssertRefused(500, 9);
        await using (var same = session.CreateCommand())
        {
            same.CommandText = "CREATE TABLE it_was_never_ended (n int)";
            await same.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }
        File.SetUnixFileMode(state, mode);
        await cluster.Play("POST N1 instance/switchover/masterSlave?by=promote → slave, master");
    }

    /// <summary>What the target misses reaches into a segment that it does not have yet, and there is no room for that.</summary>
    [Fact, Trait("Category", "Long")]
    public async Task The_old_primary_serves_again_where_the_disk_of_the_target_is_full()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: it mounts a file system");
        SmallDisk small = null!;
        var cluster = Keep(await TestCluster.AllRunning(prepare: async each => small = await WalOnSmallDisk(each.N2)));
        await using var _ = small;
        await using var run = await HandoverRun.Start(cluster);
        var (_, report) = await run.Play(run.HandOver, async () =>
        {
            await StandbyBehindTests.CutOff(run);
            await run.P.Postgres.Execute("SELECT pg_logical_emit_message(true, 'bulk', repeat('x', 20000000))");
            await small.FillUp();
            await LeaveRoom(small, megabytes: 12); // less than a segment, but enough for what is written to it
        });
        Assert.Contains("the disk of pg-node02 is full", report, StringComparison.Ordinal);
        Assert.DoesNotContain(Directory.GetFileSystemEntries(run.S.Wal("")), file => file.EndsWith(".pgha-new", StringComparison.Ordinal));
        await run.WritesOn(run.P); // while the other one cannot even receive
        small.MakeRoom();
        await run.Check("undone", report);
        var (how, second) = await run.Play(0, () => Task.CompletedTask);
        Assert.True(how == "done", $"{how}: {second}");
        await run.Check(how, second);
        await cluster.N2.Postgres.Stop(); // before its disk goes
    }

    /// <summary>
    /// All it misses fits in the segment it has; the promotion copies that to a new one, and fails once it was told. Its postmaster ends a
    /// while after that: a session that hears nothing is killed by it after 5 s.
    /// </summary>
    [Fact, Trait("Category", "Long")]
    public async Task The_old_primary_serves_again_where_the_promotion_itself_finds_no_room()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: it mounts a file system");
        SmallDisk small = null!;
        var cluster = Keep(await TestCluster.AllRunning(prepare: async each => small = await WalOnSmallDisk(each.N2)));
        await using var _ = small;
        await using var run = await HandoverRun.Start(cluster);
        await using var session = await run.S.Postgres.Connect();
        var (how, report) = await run.Play(run.TakeOver, async () =>
        {
            Signal.Send(session.ProcessID, Signal.Stop);
            await small.FillUp();
        });
        Assert.True(how == "undone", $"{how}: {report}");
        Assert.Contains("No space left on device", await File.ReadAllTextAsync(run.S.Postgres.LogFile, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        await run.WritesOn(run.P);
        small.MakeRoom();
        await run.Check(how, report);
        (how, report) = await run.Play(0, () => Task.CompletedTask);
        Assert.True(how == "done", $"{how}: {report}");
        await run.Check(how, report);
        await cluster.N2.Postgres.Stop(); // before its disk goes
    }

    private static async Task<SmallDisk> WalOnSmallDisk(TestNode node)
    {
        var disk = await SmallDisk.Mount(node.In("small"), megabytes: 400);
        await AsPostgres.Run("/bin/mv", node.Wal("").TrimEnd('/'), disk.Folder);
        await AsPostgres.Run("/bin/ln", "-s", Path.Combine(disk.Folder, "pg_wal"), node.Wal("").TrimEnd('/'));
        return disk;
    }

    private static Task LeaveRoom(SmallDisk disk, int megabytes) =>
        AsPostgres.Run("/usr/bin/truncate", "-s", $"-{megabytes}M", Path.Combine(disk.Folder, "hog"));
}
