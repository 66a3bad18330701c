namespace PgHa.Cluster.Tests.Safety;

/// <summary>
/// A node whose data cannot be read may hold the last primary's WAL. No other node becomes writable beside it unless the operator
/// answers for it; when the data is back, nothing acknowledged is missing.
/// </summary>
public sealed class UnreadDataTests : ClusterTest
{
    private static readonly string[] WaysToBecomeWritable = ["instance/master", "instance/all", "instance/all/masterSlave", "instance/current"];

    public static TheoryData<string> Faults => [.. Spoiling.Keys];

    /// <summary>How a data directory becomes unreadable, and how it is mended.</summary>
    private static readonly Dictionary<string, (Func<TestNode, Task> Spoil, Action<TestNode> Mend)> Spoiling = new()
    {
        ["the volume is not mounted and its directory is empty"] = (node => Unmount(node, leavesDirectory: true), Mount),
        ["the data directory is missing"] = (node => Unmount(node, leavesDirectory: false), Mount),
        ["PG_VERSION is missing"] = (node => Take(node, "PG_VERSION"), node => PutBack(node, "PG_VERSION")),
        ["PG_VERSION is of another major"] = (node => Write(node, "PG_VERSION", "9.6\n"), node => PutBack(node, "PG_VERSION")),
        ["pg_control is damaged"] = (node => Write(node, "global/pg_control", new string('x', 8192)), node => PutBack(node, "global/pg_control")),
        ["the volume of pg_wal is not mounted"] = (node => Take(node, "pg_wal"), node => PutBack(node, "pg_wal")),
    };

    [Theory, MemberData(nameof(Faults))]
    public async Task A_last_primary_that_cannot_be_read_keeps_the_other_node_from_becoming_writable(string fault)
    {
        var cluster = await N2LacksRows();
        File.Delete(cluster.N2.Postgres.InData("standby.signal")); // so that instance/current, too, is a start as primary
        await Spoiling[fault].Spoil(cluster.N1);
        await cluster.AssertUnchanged(async () =>
        {
            foreach (var way in WaysToBecomeWritable)
                IsRefused(await cluster.N2.Api.Post(way), cluster.N1);
        });
        Spoiling[fault].Mend(cluster.N1);
        await cluster.Play("POST N2 instance/all → slave, master");
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Theory]
    [InlineData("instance/master"), InlineData("instance/all"), InlineData("instance/current")]
    public async Task The_operator_may_answer_for_it_by_name(string way)
    {
        var cluster = await N2LacksRows();
        File.Delete(cluster.N2.Postgres.InData("standby.signal"));
        await Unmount(cluster.N1, leavesDirectory: true);
        var forced = await cluster.N2.Api.Post($"{way}?force=true");
        await cluster.AssertStates(forced, "inactive", "single");
        Assert.Contains(cluster.N1.Name, forced.Forced ?? "", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("restart"), InlineData("promote")]
    public async Task A_standby_is_not_made_primary_beside_it_and_only_a_promotion_can_be_forced(string how)
    {
        var cluster = await N2LacksRows();
        await Unmount(cluster.N1, leavesDirectory: true);
        await cluster.Play("POST N2 instance/current → inactive, recovery");
        await cluster.AssertUnchanged(async () =>
        {
            IsRefused(await cluster.N2.Api.Post($"instance/failover/{how}"), cluster.N1);
            IsRefused(await cluster.N2.Api.Post("instance/failover/restart?force=true"), cluster.N1, "failover/promote?force=true");
        });
        var forced = await cluster.N2.Api.Post("instance/failover/promote?force=true");
        await cluster.AssertStates(forced, "inactive", "single");
        Assert.Contains(cluster.N1.Name, forced.Forced ?? "", StringComparison.Ordinal);
    }

    /// <summary>Another node is seen to have been a primary. That does not prove that it was the last one.</summary>
    [Fact]
    public async Task A_former_primary_that_can_be_read_does_not_answer_for_the_last_one_that_cannot()
    {
        var cluster = await ThreeRunning();
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.Play("DELETE N1 instance/current → inactive, recovery, recovery");
        await cluster.N2.Postgres.Stop();
        await cluster.WaitForStates("inactive", "inactive", "recovery");
        await cluster.Play("POST N3 instance/failover/promote → inactive, inactive, single");
        await cluster.Ledger.Insert(cluster.N3);
        await cluster.N3.Postgres.Stop();
        await Unmount(cluster.N3, leavesDirectory: true);
        await cluster.AssertUnchanged(async () =>
        {
            IsRefused(await cluster.N1.Api.Post("instance/master"), cluster.N3);
            IsRefused(await cluster.N2.Api.Post("instance/all"), cluster.N3);
        });
        await cluster.Play("POST N2 instance/current → inactive, recovery, inactive");
        await cluster.AssertUnchanged(async () =>
        {
            IsRefused(await cluster.N2.Api.Post("instance/failover/promote"), cluster.N3);
            IsRefused(await cluster.N2.Api.Post("instance/failover/restart"), cluster.N3, "failover/promote?force=true");
        });
        Mount(cluster.N3);
        await cluster.Play("POST N3 instance/all → slave, slave, master");
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    /// <summary>The writer is known there: a third node that cannot be read is named, and holds nothing back.</summary>
    [Theory]
    [InlineData("masterSlave"), InlineData("masterSlave?by=promote")]
    public async Task A_switchover_goes_on_beside_it_and_names_it(string how)
    {
        var cluster = await ThreeRunning();
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.N3.Postgres.Stop();
        await Unmount(cluster.N3, leavesDirectory: true);
        await cluster.WaitForStates("master", "slave", "inactive");
        var answer = await cluster.N1.Api.Post($"instance/switchover/{how}");
        await cluster.AssertStates(answer, "slave", "master", "inactive");
        Assert.Contains(cluster.N3.Name, answer.Forced ?? "", StringComparison.Ordinal);
        await cluster.Ledger.Insert(cluster.N2);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    /// <summary>Both stopped; N1 was the primary last, and N2 never received the last rows.</summary>
    private async Task<TestCluster> N2LacksRows()
    {
        var cluster = await BothRunning();
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.Ledger.AssertOnEveryRunningNode();
        await cluster.N2.Postgres.Stop();
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.N1.Postgres.Stop();
        await cluster.WaitForStates("inactive", "inactive");
        return cluster;
    }

    private static void IsRefused(Answer answer, TestNode unread, string wayOut = "force=true")
    {
        answer.AssertRefused(409, 13);
        Assert.Contains(unread.Name, answer.Message, StringComparison.Ordinal);
        Assert.Contains(wayOut, answer.Hint, StringComparison.Ordinal);
    }

    private static Task Unmount(TestNode node, bool leavesDirectory)
    {
        Directory.Move(node.Postgres.DataDirectory, Away(node));
        return leavesDirectory ? AsPostgres.Run("/bin/mkdir", node.Postgres.DataDirectory) : Task.CompletedTask;
    }

    private static void Mount(TestNode node)
    {
        if (Directory.Exists(node.Postgres.DataDirectory)) Directory.Delete(node.Postgres.DataDirectory);
        Directory.Move(Away(node), node.Postgres.DataDirectory);
    }

    private static Task Take(TestNode node, string file)
    {
        Directory.Move(node.Postgres.InData(file), node.In("aside"));
        return Task.CompletedTask;
    }

    private static async Task Write(TestNode node, string file, string text)
    {
        await AsPostgres.Run("/bin/cp", "-a", node.Postgres.InData(file), node.In("aside"));
        await File.WriteAllTextAsync(node.Postgres.InData(file), text, TestContext.Current.CancellationToken);
    }

    private static void PutBack(TestNode node, string file)
    {
        File.Delete(node.Postgres.InData(file));
        Directory.Move(node.In("aside"), node.Postgres.InData(file));
    }

    private static string Away(TestNode node) => node.Postgres.DataDirectory + ".away";
}
