namespace PgHa.Cluster.Tests.Safety;

/// <summary>The core of the role changes and of the proof, on every major version but the one all other tests run on.</summary>
[Trait("Category", "Long")]
public sealed class EveryMajorTests : ClusterTest
{
    public static TheoryData<int> Majors => OnMajor.Others;

    [Theory]
    [MemberData(nameof(Majors))]
    public async Task Start_stop_failover_and_every_switchover_lose_no_row(int major)
    {
        var cluster = Keep(await OnMajor.Running(major));
        await using (new WritingClients(cluster, TimeSpan.FromMilliseconds(20)))
        {
            await Wait.Until("rows are written", () => cluster.Ledger.Count > 50);
            await cluster.Play("""
                POST   N1 instance/switchover/masterSlave             → slave, master
                POST   N1 instance/switchover/slaveMaster             → master, slave
                POST   N1 instance/switchover/masterSlave?by=promote  → slave, master
                DELETE N1 instance/master                             → recovery, inactive
                POST   N1 instance/failover/restart                   → single, inactive
                POST   N2 instance/slave                              → master, slave
                DELETE N2 instance/slave                              → single, inactive
                POST   N2 instance/current                            → master, slave
                """);
            await cluster.N1.Postgres.KillAndWait();
            await cluster.WaitForStates("inactive", "recovery");
            await cluster.Play("""
                POST   N2 instance/failover/promote                   → inactive, single
                POST   N1 instance/slave                              → slave, master
                """);
        }
        Assert.Equal(3, await cluster.N2.Postgres.Timeline());
        await cluster.Ledger.AssertOnEveryRunningNode();
        cluster.Ledger.Reigns();
        await cluster.Play("""
            DELETE N1 instance/masterSlave  → inactive, inactive
            POST   N1 instance/all          → master, slave
            DELETE N2 instance/slaveMaster  → inactive, inactive
            POST   N2 instance/master       → inactive, single
            """);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    /// <summary>Facts 1 and 2: what a stopped node misses is completed before it is writable, by files or by replaying as a standby.</summary>
    [Theory]
    [MemberData(nameof(Majors))]
    public async Task A_node_that_is_behind_gets_what_it_misses_before_it_becomes_writable(int major)
    {
        var cluster = Keep(await OnMajor.Running(major));
        await cluster.Play("""
            DELETE N2 instance/current           → single, inactive
            insert
            DELETE N1 instance/current           → inactive, inactive
            POST   N2 instance/master            → inactive, single
            insert
            DELETE N2 instance/current           → inactive, inactive
            POST   N1 instance/master            → single, inactive
            """);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    /// <summary>Fact 3: only a comparison of content finds it.</summary>
    [Theory]
    [MemberData(nameof(Majors))]
    public async Task A_fork_on_one_timeline_is_found_and_not_joined(int major)
    {
        var cluster = Keep(await OnMajor.Running(major));
        await cluster.Play("""
            insert
            DELETE N1 instance/current          → inactive, recovery
            POST   N2 instance/failover/restart → inactive, single
            """);
        await cluster.N2.Postgres.Execute("INSERT INTO ledger VALUES (100000, 'lost')");
        await cluster.N2.Postgres.Stop();
        await cluster.N1.Postgres.StartAsPrimary();
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.WaitForStates("single", "inactive");
        await cluster.AssertUnchanged(() => cluster.Play("""
            POST N2 instance/slave              → refused 409, code 13
            POST N2 instance/slave?force=true   → refused 409, code 13
            POST N1 instance/all                → refused 409, code 13
            """));
        Assert.Matches("they are the same up to 0/.* bytes with [1-9]", (await cluster.N2.Api.Post("instance/slave")).Body);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    [Theory]
    [MemberData(nameof(Majors))]
    public async Task Without_the_tools_for_it_a_rejoin_is_refused_before_anything_happens(int major)
    {
        var cluster = Keep(await OnMajor.Running(major));
        await cluster.Part(() => cluster.Ledger.Insert(cluster.N2));
        await cluster.WaitForStates("inactive", "single");
        foreach (var (form, tool) in new[] { ("rewind", "pg_rewind"), ("reclone", "pg_basebackup") })
        {
            await cluster.AssertUnchanged(async () =>
            {
                var answer = await cluster.N1.Api.Post($"instance/slave?rejoin={form}");
                answer.AssertRefused(409, 7);
                Assert.Contains($"/{tool} is missing on pg-node01", answer.Message, StringComparison.Ordinal);
            });
        }
        await cluster.Ledger.AssertOnEveryRunningNode();
    }
}
