namespace PgHa.Cluster.Tests.Slots;

/// <summary>From 16 on a standby may have slots that are nobody's copies, and copies that begin later than their consumers stand.</summary>
[Trait("Category", "Long")]
public sealed class SlotsOfTheStandbyTests : ClusterTest
{
    private const string Position = "SELECT confirmed_flush_lsn::text FROM pg_replication_slots WHERE slot_name = 'x'";

    /// <summary>Its consumer would miss what lies between, if it were advanced or replaced as the primary's slot of that name is.</summary>
    [Theory]
    [InlineData(16, "instance/switchover/masterSlave?by=promote")]
    [InlineData(16, "instance/switchover/masterSlave")]
    [InlineData(18, "instance/switchover/masterSlave?by=promote")]
    public async Task A_standbys_own_slot_is_never_touched_for_the_primarys_of_the_same_name(int major, string change)
    {
        var cluster = await Running(major);
        var made = cluster.N2.Postgres.Execute("SELECT pg_create_logical_replication_slot('x', 'pgoutput')");
        await Wait.Until("the standby's slot is made", async () =>
        {
            await cluster.N1.Postgres.Execute("SELECT pg_log_standby_snapshot()");
            return made.IsCompletedSuccessfully;
        });
        var position = await cluster.N2.Postgres.Ask<string>(Position);
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.N1.CreateSlot("x");
        await cluster.Ledger.Insert(cluster.N1);
        var answer = await cluster.N2.Api.Post("slots/file");
        Assert.StartsWith("pg-node02 has a slot of that name that is no copy of pgha's", answer.Field("notCarried")!.Value.GetProperty("x").GetString(), StringComparison.Ordinal);
        Assert.Contains("slot x is not carried: pg-node02 has a slot of that name that is no copy of pgha's", await cluster.N1.NamedBy(change), StringComparison.Ordinal);
        Assert.Equal(position, await cluster.N2.Postgres.Ask<string>(Position));
    }

    /// <summary>The old primary is gone with the position of its consumer: going on from the copy would pass over what lies between.</summary>
    [Theory]
    [InlineData("promote")]
    [InlineData("restart")]
    public async Task A_copy_that_begins_later_than_its_consumer_stands_is_no_slot_after_a_failover(string form)
    {
        var cluster = await Running(16);
        await cluster.N1.CreateSlot("x");
        await cluster.Ledger.Insert(cluster.N1);
        await Wait.Until("the standby has its copy", async () =>
            (await cluster.N2.Api.Post("slots/file")).Field("notCarried")!.Value.GetProperty("x").GetString()!.StartsWith("its copy was made on pg-node02 at", StringComparison.Ordinal), 30);
        await cluster.N1.Postgres.KillAndWait();
        if (form == "promote") await cluster.N1.Agent.Kill();
        var named = await cluster.N2.NamedBy($"instance/failover/{form}?force=true");
        Assert.Contains(form == "promote" ? "slot x is not carried: its copy was made later than its consumer stands, and is dropped" : "", named, StringComparison.Ordinal);
        // By restart the original's own file could still be had.
        Assert.Equal(form == "restart", await cluster.N2.Confirmed("x") is not null);
    }

    /// <summary>What was a slot of the primary is a copy once the primary is a standby, and follows its consumer there.</summary>
    [Fact]
    public async Task A_former_primarys_slot_follows_its_consumer()
    {
        var cluster = await Running(16);
        await cluster.N1.CreateSlot("x");
        await Wait.Until("the copy counts", async () =>
        {
            await cluster.N1.Postgres.Execute("SELECT pg_log_standby_snapshot(), pg_replication_slot_advance('x', pg_current_wal_flush_lsn())");
            return (await cluster.N2.Api.Post("slots/file")).Field("notCarried")?.ToString() == "{}";
        }, 30);
        Assert.Equal("", await cluster.N1.NamedBy("instance/switchover/masterSlave?by=promote"));
        await cluster.Ledger.Insert(cluster.N2);
        var position = await cluster.N2.Postgres.Ask<string>("SELECT end_lsn::text FROM pg_replication_slot_advance('x', pg_current_wal_flush_lsn())");
        await Wait.Until("its copy is level", async () =>
            (await cluster.N1.Api.Post("slots/file")).Status == 200 && await cluster.N1.Postgres.Ask<string>(Position) == position, 30);
    }

    /// <summary>On its way to primary it replays as a standby first, and is "shut down in recovery" then.</summary>
    [Fact]
    public async Task A_former_primary_that_becomes_primary_again_gets_the_slots_of_the_one_between()
    {
        var cluster = await Running(16);
        await cluster.N1.CreateSlot("x");
        await cluster.Play("""
            DELETE N1 instance/current           → inactive, recovery
            POST   N2 instance/failover/promote  → inactive, single
            """);
        await cluster.Ledger.Insert(cluster.N2);
        await cluster.N2.Postgres.Execute(await cluster.N2.Confirmed("x") is null
            ? "SELECT pg_create_logical_replication_slot('x', 'pgoutput')" : "SELECT pg_replication_slot_advance('x', pg_current_wal_flush_lsn())");
        var stands = await cluster.N2.Confirmed("x");
        await cluster.Play("DELETE N2 instance/current → inactive, inactive");
        Assert.Equal("", await cluster.N1.NamedBy("instance/master"));
        Assert.Equal(stands, await cluster.N1.Confirmed("x"));
    }

    /// <summary>A transaction that writes on the primary keeps the standby's server waiting with what it makes.</summary>
    [Fact]
    public async Task A_copy_that_was_being_made_when_its_agent_was_killed_does_not_become_a_later_slot()
    {
        var cluster = await Running(16);
        await cluster.N2.Agent.Stop();
        await cluster.N1.CreateSlot("x");
        await using var writes = await cluster.N1.Postgres.Connect();
        await writes.Run("BEGIN; INSERT INTO ledger VALUES (-1, 'open')");
        await cluster.N2.StartAgent();
        await Wait.Until("the copy is being made", () => cluster.N2.Postgres.Ask<bool>("SELECT count(*) = 1 FROM pg_replication_slots WHERE slot_name = 'x'"), 30);
        await cluster.N2.Agent.Kill();
        await writes.Run("COMMIT");
        await cluster.N1.Postgres.Execute("SELECT pg_log_standby_snapshot()");
        await Wait.Until("nobody works on it any more", () => cluster.N2.Postgres.Ask<bool>("SELECT count(*) = 0 FROM pg_replication_slots WHERE active_pid IS NOT NULL AND slot_name = 'x'"), 40);
        await cluster.N1.Agent.Kill();
        await cluster.N1.Postgres.KillAndWait();
        await cluster.N2.StartAgent();
        var named = await cluster.N2.NamedBy("instance/failover/promote?force=true");
        Assert.Contains("slot x is not carried", named, StringComparison.Ordinal);
        Assert.Null(await cluster.N2.Confirmed("x"));
    }

    [Fact]
    public async Task A_copy_that_cannot_be_made_keeps_no_other_one_back()
    {
        var cluster = await Running(16);
        await cluster.N1.CreateSlot("a");
        await Wait.Until("it has a copy", async () => (await cluster.N2.Api.Post("slots/file")).Status == 200 && await cluster.N2.Confirmed("a") is not null, 30);
        await using var writes = await cluster.N1.Postgres.Connect();
        await cluster.N1.CreateSlot("b");
        await cluster.N2.Agent.Stop();
        await writes.Run("BEGIN; INSERT INTO ledger VALUES (-1, 'open')");
        await cluster.N2.Postgres.Execute("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = 'b'");
        var at = await cluster.N1.Postgres.Ask<string>("SELECT end_lsn::text FROM pg_replication_slot_advance('a', pg_current_wal_flush_lsn())");
        await cluster.N2.StartAgent();
        await Wait.Until("a is level", async () => await cluster.N2.Confirmed("a") == at, 60);
    }

    private async Task<TestCluster> Running(int major)
    {
        var cluster = Keep(await MajorPair.Stopped(major, LogicalPair.Prepare));
        await cluster.Play("POST N1 instance/master → single, inactive");
        await cluster.Play("POST N2 instance/slave → master, slave");
        return cluster;
    }
}
