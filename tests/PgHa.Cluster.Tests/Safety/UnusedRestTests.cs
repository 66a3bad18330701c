namespace PgHa.Cluster.Tests.Safety;

/// <summary>
/// A walreceiver that ends between the switch record and the zeros behind it leaves in the segment what the file held before it was recycled. The
/// same WAL then lies in files of different bytes (fact 54). That is no fork.
/// </summary>
public sealed class UnusedRestTests : ClusterTest
{
    [Theory]
    [InlineData("instance/all", "master, slave"), InlineData("instance/master", "single, inactive")]
    public async Task The_old_primary_is_started_again(string how, string states)
    {
        var cluster = await Stopped(c => c.N2);
        await cluster.Play($"POST N1 {how} → {states}");
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Theory]
    [InlineData(1), InlineData(2)]
    public async Task The_standby_is_promoted_and_the_old_primary_follows(int other)
    {
        var cluster = await Stopped(c => c.Nodes[other - 1]);
        await cluster.Play("""
            POST   N2 instance/master → inactive, single
            insert
            POST   N1 instance/slave  → slave, master
            """);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Theory]
    [InlineData("masterSlave"), InlineData("slaveMaster")]
    public async Task Roles_are_exchanged(string how)
    {
        var cluster = await Stopped(c => c.N2);
        await cluster.Play($"""
            POST N1 instance/all                → master, slave
            insert
            POST N1 instance/switchover/{how} → slave, master
            insert
            """);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    /// <summary>The WAL from before the switch on is copied and compared.</summary>
    [Fact]
    public async Task A_standby_that_ended_before_the_switch_is_completed()
    {
        var cluster = await BothRunning();
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.Play("DELETE N2 instance/current → single, inactive");
        await cluster.Ledger.Insert(cluster.N1);
        var unused = await Switch(cluster.N1);
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.Play("DELETE N1 instance/current → inactive, inactive");
        unused.Soil(cluster.N1);
        await cluster.Play("""
            POST N2 instance/master → inactive, single
            insert
            POST N1 instance/slave  → slave, master
            """);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    /// <summary>As it comes about: over a slow network the standby crashes while it receives the zeros.</summary>
    [Fact, Trait("Category", "Long")]
    public async Task A_standby_that_crashed_in_between_is_started_again()
    {
        await using var link = await SlowLink.Make();
        var cluster = Keep(await TestCluster.AllRunning(2, SlowLink.Prepare, SlowLink.PlaceOf));
        await Wait.Until("the standby's next segment is a recycled one", async () =>
        {
            await cluster.N1.Postgres.Execute("SELECT pg_logical_emit_message(true, 'filling', repeat('x', 15000000)), pg_switch_wal()");
            await cluster.N1.Postgres.Execute("CHECKPOINT");
            await cluster.Ledger.Insert(cluster.N1);
            await cluster.Ledger.AssertOnEveryRunningNode();
            await cluster.N2.Postgres.Execute("CHECKPOINT");
            var next = await cluster.N1.Postgres.Ask<string>("SELECT pg_walfile_name(pg_current_wal_lsn() + 16777216)");
            return cluster.N2.HasWal(next);
        }, 90);
        await cluster.N1.Postgres.Execute("SELECT pg_switch_wal()");
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.Ledger.AssertOnEveryRunningNode();
        await SlowLink.Carries("8mbit");
        var unused = await Switch(cluster.N1);
        await Wait.Until("the standby has received the switch, and some of the zeros", async () =>
            await cluster.N2.Postgres.Ask<bool>($"SELECT pg_last_wal_receive_lsn() > '{unused.At}'::pg_lsn + 1000000"));
        await cluster.N2.Postgres.KillAndWait();
        await cluster.N1.Postgres.Stop("immediate");
        await SlowLink.Carries("1gbit");
        Assert.False(Enumerable.SequenceEqual(await cluster.N1.ReadWal(unused.Segment), await cluster.N2.ReadWal(unused.Segment)), "the standby has received all of the segment");
        await cluster.Play("""
            POST N1 instance/all                    → master, slave
            insert
            POST N1 instance/switchover/masterSlave → slave, master
            insert
            """);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    /// <summary>WAL that really differs is still a fork, also behind such a place.</summary>
    [Fact]
    public async Task A_fork_behind_it_is_found()
    {
        var cluster = await Stopped(c => c.N2);
        await cluster.N2.Postgres.WriteAlone();
        await cluster.N1.Postgres.WriteAlone();
        var answer = await cluster.N1.Api.Post("instance/master");
        answer.AssertRefused(409, 13);
        Assert.Contains("has forked", answer.Message, StringComparison.Ordinal);
    }

    /// <summary>Both stopped, with the same WAL over a switch of segments; one file has something else in its unused rest.</summary>
    private async Task<TestCluster> Stopped(Func<TestCluster, TestNode> soiled)
    {
        var cluster = await BothRunning();
        await cluster.Ledger.Insert(cluster.N1);
        var unused = await Switch(cluster.N1);
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.Play("DELETE N1 instance/all → inactive, inactive");
        unused.Soil(soiled(cluster));
        return cluster;
    }

    private static async Task<Unused> Switch(TestNode primary)
    {
        var end = await primary.Postgres.Ask<string>("SELECT lsn || ' ' || file_name || ' ' || file_offset FROM (SELECT pg_switch_wal() AS lsn) s, pg_walfile_name_offset(lsn)");
        var parts = end.Split(' ');
        return new(parts[0], parts[1], (int.Parse(parts[2], System.Globalization.CultureInfo.InvariantCulture) + 7) & ~7);
    }

    /// <summary>The unused rest of a segment.</summary>
    private sealed record Unused(string At, string Segment, int From)
    {
        public void Soil(TestNode node)
        {
            var bytes = File.ReadAllBytes(node.Wal(Segment));
            Assert.All(bytes[From..], b => Assert.Equal(0, b));
            var older = File.ReadAllBytes(node.Wal(node.Segments()[0]));
            older.AsSpan(From).CopyTo(bytes.AsSpan(From));
            bytes.AsSpan(From, 64).Fill(0xA5);
            File.WriteAllBytes(node.Wal(Segment), bytes);
        }
    }
}
