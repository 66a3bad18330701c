namespace PgHa.Cluster.Tests.Safety;

/// <summary>
/// The WAL that a node misses is being fetched from its peer when the disk fills up, or the peer is lost: whole segments or none are
/// placed, the node is what it was, and the same call succeeds later.
/// </summary>
[Trait("Category", "Long")]
public sealed class BrokenFetchTests : ClusterTest
{
    private const int AMegabyte = 1 << 20;

    [Fact]
    public async Task A_disk_that_fills_up_is_named_and_the_same_call_succeeds_when_there_is_room()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: it mounts a file system");
        var (cluster, relay) = await N2IsBehind();
        await using (relay)
        await using (var small = await WalOnSmallDisk(cluster.N2))
        {
            var (call, hold) = await InTheMiddle(cluster, relay, "POST", "instance/master");
            await small.FillUp();
            hold.Release();
            var answer = await call;
            answer.AssertRefused(500, 9);
            Assert.Contains("the disk of pg-node02 is full: No space left on device", answer.Message, StringComparison.Ordinal);
            Assert.Contains("make room", answer.Hint, StringComparison.Ordinal);
            await NothingHalf(cluster);
            await cluster.Play("GET N1 instance/all → inactive, inactive");
            small.MakeRoom();
            await cluster.Play("POST N2 instance/master → inactive, single");
            await GoesOn(cluster);
            await cluster.N2.Postgres.Stop();
        }
    }

    [Fact]
    public async Task A_disk_that_fills_up_under_a_failover_leaves_the_standby_in_recovery()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: it mounts a file system");
        var (cluster, relay) = await N2IsBehind();
        await using (relay)
        await using (var small = await WalOnSmallDisk(cluster.N2))
        {
            await cluster.Play("POST N2 instance/current → inactive, recovery");
            var (call, hold) = await InTheMiddle(cluster, relay, "POST", "instance/failover/promote");
            await small.FillUp();
            hold.Release();
            var answer = await call;
            answer.AssertRefused(500, 9);
            Assert.Contains("the disk of pg-node02 is full: No space left on device", answer.Message, StringComparison.Ordinal);
            Assert.Contains("what had been done was undone", answer.Message, StringComparison.Ordinal);
            await NothingHalf(cluster);
            await cluster.WaitForStates("inactive", "recovery");
            small.MakeRoom();
            await cluster.Play("POST N2 instance/failover/promote → inactive, single");
            await GoesOn(cluster);
            await cluster.N2.Postgres.Stop();
        }
    }

    [Fact]
    public async Task A_peer_that_is_lost_is_waited_for_and_the_start_goes_on_when_it_is_back()
    {
        var (cluster, relay) = await N2IsBehind();
        await using (relay)
        {
            var (call, _) = await InTheMiddle(cluster, relay, "POST", "instance/master?timeout=4");
            await Lose(cluster.N1, relay);
            var answer = await call;
            answer.AssertRefused(504, 9);
            Assert.Contains("/operations/", answer.Hint, StringComparison.Ordinal);
            await NothingHalf(cluster);
            await cluster.Play("GET N2 instance/all → unknown, inactive");
            Assert.Contains("the agent of pg-node01", (await cluster.N2.Api.GetV2("operations")).Body, StringComparison.Ordinal);
            await cluster.N1.StartAgent();
            await OperationWatch.NothingOpen(cluster.N2);
            await cluster.Play("POST N2 instance/master → inactive, single");
            await GoesOn(cluster);
        }
    }

    [Fact]
    public async Task A_failover_that_loses_its_peer_is_undone_and_succeeds_when_the_peer_is_back()
    {
        var (cluster, relay) = await N2IsBehind();
        await using (relay)
        {
            await cluster.Play("POST N2 instance/current → inactive, recovery");
            var (call, _) = await InTheMiddle(cluster, relay, "POST", "instance/failover/restart");
            await Lose(cluster.N1, relay);
            var answer = await call;
            Assert.NotEqual(200, answer.Status);
            Assert.Contains("the agent of pg-node01", answer.Message, StringComparison.Ordinal);
            Assert.False(string.IsNullOrWhiteSpace(answer.Hint), answer.ToString());
            await NothingHalf(cluster);
            await cluster.WaitForStates("unknown", "recovery");
            await cluster.N1.StartAgent();
            await cluster.Play("POST N2 instance/failover/restart → inactive, single");
            await GoesOn(cluster);
        }
    }

    [Fact, Trait("Category", "Long")]
    public async Task A_peer_that_falls_silent_is_given_up_and_asked_anew()
    {
        var (cluster, relay) = await N2IsBehind();
        await using (relay)
        {
            var (call, _) = await InTheMiddle(cluster, relay, "POST", "instance/master?timeout=90");
            var answer = await call; // nobody releases the answer that is kept back
            Assert.InRange(answer.Elapsed.TotalSeconds, 30, 60);
            await cluster.AssertStates(answer, "inactive", "single");
            Assert.Contains("no answer in time", (await cluster.N2.Api.GetV2("operations")).Body, StringComparison.Ordinal);
            await GoesOn(cluster);
        }
    }

    /// <summary>N2 was stopped early, N1 wrote four more segments and was stopped. N2 reaches the agent of N1 through the relay.</summary>
    private async Task<(TestCluster Cluster, Relay Relay)> N2IsBehind()
    {
        Relay relay = null!;
        var cluster = Keep(await TestCluster.AllRunning(prepare: async each => relay = await Relay.Between(each.N2, each.N1)));
        await cluster.Play("DELETE N2 instance/current → single, inactive");
        for (var segment = 0; segment < 4; segment++)
        {
            await cluster.Ledger.Insert(cluster.N1);
            await cluster.N1.Postgres.Execute("SELECT pg_switch_wal()");
        }
        await cluster.Play("DELETE N1 instance/current → inactive, inactive");
        return (cluster, relay);
    }

    /// <summary>pg_wal of a stopped node moves to a file system of its own.</summary>
    private static async Task<SmallDisk> WalOnSmallDisk(TestNode node)
    {
        var disk = await SmallDisk.Mount(node.In("small"), megabytes: 400);
        await AsPostgres.Run("/bin/mv", node.Wal("").TrimEnd('/'), disk.Folder);
        await AsPostgres.Run("/bin/ln", "-s", Path.Combine(disk.Folder, "pg_wal"), node.Wal("").TrimEnd('/'));
        return disk;
    }

    /// <summary>The third segment that N2 misses has begun to arrive.</summary>
    private static async Task<(Task<Answer> Call, Hold Hold)> InTheMiddle(TestCluster cluster, Relay relay, string method, string path)
    {
        var third = cluster.N1.Segments().Where(s => !cluster.N2.Segments().Contains(s)).ElementAt(2);
        var hold = relay.HoldBack($"walFile/{third}", AMegabyte);
        var call = cluster.N2.Api.Send(new(method), path);
        await hold.Wait();
        Assert.True(cluster.N2.HasStaged());
        Assert.False(call.IsCompleted);
        return (call, hold);
    }

    private static async Task Lose(TestNode peer, Relay relay)
    {
        await peer.Agent.Kill();
        await relay.Cut();
    }

    /// <summary>What was placed is whole, what was not leaves no trace.</summary>
    private static async Task NothingHalf(TestCluster cluster)
    {
        Assert.False(cluster.N2.HasStaged());
        Assert.True(cluster.N2.Postgres.HasStandbySignal);
        var arrived = cluster.N2.Segments().Intersect(cluster.N1.Segments()).ToArray();
        Assert.True(arrived.Length < cluster.N1.Segments().Length);
        var end = (await cluster.N1.Postgres.ControlData())["Latest checkpoint's REDO WAL file"];
        foreach (var name in arrived.Where(n => string.CompareOrdinal(n, end) <= 0))
            Assert.True(Enumerable.SequenceEqual(await cluster.N1.ReadWal(name), await cluster.N2.ReadWal(name)), $"{name} is not that of {cluster.N1.Name}");
    }

    private static async Task GoesOn(TestCluster cluster)
    {
        await cluster.Ledger.Insert(cluster.N2);
        await cluster.Ledger.AssertOnEveryRunningNode();
        await cluster.Play("POST N1 instance/slave → slave, master");
        await cluster.Ledger.AssertOnEveryRunningNode();
    }
}
