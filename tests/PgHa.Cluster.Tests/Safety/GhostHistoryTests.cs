using System.Text;

namespace PgHa.Cluster.Tests.Safety;

/// <summary>A history of a timeline that nobody ever wrote: a server that is promoted with it leads where no other node can follow.</summary>
public sealed class GhostHistoryTests : ClusterTest
{
    private const string Name = "00000002.history";
    private const string MadeUp = "1\t0/F0000000\tmade up\n";
    private const string Switchover = "instance/switchover/masterSlave?by=promote";

    [Fact]
    public async Task An_upload_that_no_node_confirms_is_refused()
    {
        var cluster = await BothRunning();
        await cluster.Play("DELETE N2 instance/current → single, inactive");
        var answer = await cluster.N2.Upload(Name, Encoding.ASCII.GetBytes(MadeUp));
        answer.AssertRefused(400, 15);
        Assert.Contains("no node confirms", answer.Message, StringComparison.Ordinal);
        Assert.False(cluster.N2.HasWal(Name));
        await SwitchesAndComesBack(cluster);
    }

    [Fact]
    public async Task With_the_other_agent_away_nothing_confirms_it_either_and_it_is_said()
    {
        var cluster = await BothRunning();
        await cluster.Play("DELETE N2 instance/current → single, inactive");
        await cluster.N1.Agent.Stop();
        var answer = await cluster.N2.Upload(Name, Encoding.ASCII.GetBytes(MadeUp));
        answer.AssertRefused(400, 15);
        Assert.Contains("pg-node01 could not be asked", answer.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_lies_in_pg_wal_is_put_aside_by_the_next_start()
    {
        var cluster = await BothRunning();
        await cluster.Play("DELETE N2 instance/current → single, inactive");
        await Lay(cluster.N2);
        await cluster.Play("POST N2 instance/slave → master, slave");
        Assert.False(cluster.N2.HasWal(Name));
        Assert.True(File.Exists(cluster.N2.In($"state/quarantine/WAL-histories/{Name}")));
        await SwitchesAndComesBack(cluster);
    }

    /// <summary>PostgreSQL ends itself when it reads a history like that (access/timeline.c): torn by a power cut, or of something else.</summary>
    [Theory]
    [InlineData(""), InlineData("1\\t0/30"), InlineData("not a history\\n")]
    public async Task One_that_says_nothing_readable_is_put_aside_by_the_next_start(string text)
    {
        var cluster = await BothRunning();
        await cluster.Play("DELETE N2 instance/current → single, inactive");
        await Lay(cluster.N2, text);
        await cluster.Play("POST N2 instance/slave → master, slave");
        Assert.False(cluster.N2.HasWal(Name));
        Assert.True(File.Exists(cluster.N2.In($"state/quarantine/WAL-histories/{Name}")));
        await SwitchesAndComesBack(cluster);
    }

    /// <summary>Its first switch is the true one, of a switchover that this node has seen; the second is made up.</summary>
    [Fact]
    public async Task One_whose_later_switch_alone_is_made_up_is_refused_as_upload_and_put_aside()
    {
        var cluster = await BothRunning();
        await cluster.Play($"""
            insert
            POST N1 {Switchover} → slave, master
            DELETE N1 instance/current → inactive, single
            """);
        var made = await File.ReadAllTextAsync(cluster.N2.Wal(Name), TestContext.Current.CancellationToken) + "\n2\t0/F0000000\tmade up\n";
        var answer = await cluster.N1.Upload("00000003.history", Encoding.ASCII.GetBytes(made));
        answer.AssertRefused(400, 15);
        await Lay(cluster.N1, made.ReplaceLineEndings("\\n").Replace("\t", "\\t", StringComparison.Ordinal), "00000003.history");
        await cluster.Play("POST N1 instance/slave → slave, master");
        Assert.False(cluster.N1.HasWal("00000003.history"));
        await cluster.Play($"POST N2 {Switchover} → master, slave");
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    /// <summary>Its server may have read it already: it is not promoted before it was started anew.</summary>
    [Fact]
    public async Task A_running_standby_that_holds_one_is_not_promoted_and_the_way_out_works()
    {
        var cluster = await BothRunning();
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.WaitForStates("master", "slave");
        await Lay(cluster.N2);
        var primary = cluster.N1.Postgres.Pid;
        var answer = await cluster.N1.Api.Post(Switchover);
        answer.AssertRefused(409, 13);
        Assert.Contains(Name, answer.Message, StringComparison.Ordinal);
        Assert.Equal(primary, cluster.N1.Postgres.Pid);
        await cluster.Play("""
            DELETE N2 instance/current → single, inactive
            POST N2 instance/current → master, slave
            """);
        await SwitchesAndComesBack(cluster);
    }

    [Fact]
    public async Task Nor_in_a_failover()
    {
        var cluster = await PrimaryStopped();
        await Lay(cluster.N2);
        await cluster.Play("""
            POST N2 instance/failover/promote → refused 409, code 13
            DELETE N2 instance/current → inactive, inactive
            POST N2 instance/current → inactive, recovery
            POST N2 instance/failover/promote → inactive, single
            insert
            POST N1 instance/slave → slave, master
            """);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    private static Task Lay(TestNode node, string text = "1\\t0/F0000000\\tmade up\\n", string name = Name) => AsPostgres.Run("/bin/sh", "-c", "printf '%b' \"$1\" >\"$0\"", node.Wal(name), text);

    private static async Task SwitchesAndComesBack(TestCluster cluster)
    {
        await cluster.Play($"""
            POST N2 instance/all → master, slave
            insert
            POST N1 {Switchover} → slave, master
            insert
            POST N1 {Switchover} → master, slave
            """);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }
}
