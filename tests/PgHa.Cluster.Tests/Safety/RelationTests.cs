namespace PgHa.Cluster.Tests.Safety;

/// <summary>
/// Every relation between the WAL of a standby (N2) and that of its primary (N1), made on real servers, against every operation that
/// starts a node or moves a role. What is refused changes nothing; in the end the pair is whole, with every acknowledged row.
/// </summary>
[Trait("Category", "Long")]
public sealed class RelationTests : ClusterTest
{
    public enum Relation
    {
        Identical, Behind, Ahead, ForkedOnOneTimeline, ForkedAcrossTimelines, NotProvable,
    }

    public static TheoryData<Relation> Relations => [.. Enum.GetValues<Relation>()];

    /// <summary>The call; then for each relation in order: 0 a plan, else the code of the refusal; - where there is no such case.</summary>
    private static readonly string[] PrimaryRuns =
    [
        "N2 instance/current                             0 0 - 13 13 13",
        "N2 instance/slave                               0 0 - 13 13 13",
        "N2 instance/slave?force=true                    0 0 - 13 13 13",
        "N2 instance/slave?rejoin=rewind                 0 0 - 13 0 13",
        "N2 instance/slave?rejoin=reclone                0 0 - 0 0 0",
        "N1 instance/all                                 0 0 - 13 13 13",
        "N2 instance/all                                 0 0 - 13 13 13",
        "N2 instance/master                              6 6 - 6 6 6",
        "N2 instance/master?force=true                   6 6 - 6 6 6",
        "N2 instance/failover/restart                    6 6 - 6 6 6",
        "N2 instance/failover/promote                    6 6 - 6 6 6",
        "N1 instance/switchover/masterSlave              7 7 - 7 7 7",
        "N1 instance/switchover/slaveMaster              7 7 - 7 7 7",
        "N1 instance/switchover/masterSlave?by=promote   7 7 - 7 7 7",
    ];

    private static readonly string[] NothingRuns =
    [
        "N1 instance/current                             0 0 0 13 0 0",
        "N1 instance/master                              0 0 0 13 0 0",
        "N1 instance/all                                 0 0 0 13 13 13",
        "N2 instance/current                             0 0 0 0 0 0",
        "N2 instance/master                              0 0 0 13 13 13",
        "N2 instance/master?force=true                   0 0 0 13 13 0",
        "N2 instance/all                                 0 0 0 13 13 13",
        "N2 instance/slave                               12 12 12 12 12 12",
        "N2 instance/slave?rejoin=reclone                12 12 12 12 12 12",
        "N2 instance/failover/restart                    3 3 3 3 3 3",
        "N2 instance/failover/promote                    3 3 3 3 3 3",
        "N1 instance/switchover/masterSlave              7 7 7 7 7 7",
        "N1 instance/switchover/masterSlave?by=promote   7 7 7 7 7 7",
    ];

    private static readonly string[] StandbyWaits =
    [
        "N1 instance/current                             0 0 0 13 0 0",
        "N1 instance/master                              0 0 0 13 0 0",
        "N2 instance/master                              5 5 5 5 5 5",
        "N2 instance/slave                               12 12 12 12 12 12",
        "N2 instance/failover/restart                    0 0 0 13 13 13",
        "N2 instance/failover/restart?force=true         0 0 0 13 13 13",
        "N2 instance/failover/promote                    0 0 0 13 13 13",
        "N2 instance/failover/promote?force=true         0 0 0 13 13 0",
        "N1 instance/failover/promote?to=pg-node02       0 0 0 13 13 13",
        "N1 instance/switchover/masterSlave              7 7 7 7 7 7",
        "N1 instance/switchover/slaveMaster              7 7 7 7 7 7",
        "N1 instance/switchover/masterSlave?by=promote   7 7 7 7 7 7",
    ];

    [Theory]
    [MemberData(nameof(Relations))]
    public async Task Every_operation_is_planned_or_refused_as_the_WAL_demands(Relation relation)
    {
        var cluster = Keep(await TestCluster.AllRunning(2, c => Task.WhenAll(c.Nodes.Select(n => n.AddToPostgresConf("wal_log_hints = on")))));
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.Ledger.AssertOnEveryRunningNode();
        await Make(cluster, relation);
        var wrong = new List<string>();
        if (relation != Relation.Ahead)
        {
            await cluster.WaitForStates("single", "inactive");
            wrong.AddRange(await Compare(cluster, PrimaryRuns, relation));
            await cluster.Play("DELETE N1 instance/current → inactive, inactive");
        }
        wrong.AddRange(await Compare(cluster, NothingRuns, relation));
        await cluster.N2.Postgres.Start();
        await cluster.WaitForStates("inactive", "recovery");
        wrong.AddRange(await Compare(cluster, StandbyWaits, relation));
        Assert.True(wrong.Count == 0, $"{relation}\n{string.Join('\n', wrong)}");
        if (relation == Relation.ForkedOnOneTimeline) await ChooseByHand(cluster);
        await MakeWhole(cluster, relation);
        await cluster.Ledger.AssertOnEveryRunningNode();
    }

    private static async Task Make(TestCluster cluster, Relation relation)
    {
        await cluster.Play("DELETE N2 instance/current → single, inactive");
        switch (relation)
        {
            case Relation.Behind:
                await cluster.Ledger.Insert(cluster.N1);
                break;
            case Relation.Ahead:
                await cluster.Play("""
                    POST   N2 instance/slave    → master, slave
                    DELETE N1 instance/current  → inactive, recovery
                    DELETE N2 instance/current  → inactive, inactive
                    """);
                await cluster.N2.Postgres.WriteAlone();
                break;
            case Relation.ForkedOnOneTimeline:
                await cluster.N2.Postgres.WriteAlone();
                await cluster.Ledger.Insert(cluster.N1);
                break;
            case Relation.ForkedAcrossTimelines:
                await cluster.Play("""
                    POST   N2 instance/slave        → master, slave
                    DELETE N1 instance/masterSlave  → inactive, inactive
                    """);
                await cluster.N2.Postgres.WriteAlone();
                await AsPostgres.Run("/usr/bin/touch", cluster.N1.Postgres.InData("standby.signal"));
                await cluster.N1.Postgres.Start();
                await cluster.N1.Postgres.Promote();
                await cluster.Ledger.Insert(cluster.N1);
                break;
            case Relation.NotProvable:
                await RecycleWal(cluster.N1);
                break;
        }
    }

    /// <summary>What the standby would have to continue from is not on the primary any more (fact 25): its slot was dropped there.</summary>
    private static async Task RecycleWal(TestNode primary)
    {
        await primary.Postgres.Execute("ALTER SYSTEM SET wal_keep_size = 0");
        await primary.Postgres.Execute("SELECT pg_reload_conf()");
        var last = await primary.Postgres.Ask<string>("SELECT pg_walfile_name(pg_current_wal_lsn())");
        await Wait.Until("the segments that the standby had are recycled", async () =>
        {
            await primary.Postgres.Execute("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE NOT active");
            await primary.Postgres.Execute("SELECT pg_logical_emit_message(false, 'filling', 'x'), pg_switch_wal()");
            await primary.Postgres.Execute("CHECKPOINT");
            return string.CompareOrdinal(primary.Segments()[0], last) > 0;
        }, 30);
    }

    /// <summary>Each call's dry run answers as the table says, and leaves every file as it is.</summary>
    private static async Task<List<string>> Compare(TestCluster cluster, string[] table, Relation relation)
    {
        var wrong = new List<string>();
        await cluster.AssertUnchanged(async () =>
        {
            foreach (var line in table)
            {
                var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                var expected = words[2 + (int)relation];
                var path = words[1] + (words[1].Contains('?', StringComparison.Ordinal) ? "&" : "?") + "dryRun=true";
                var answer = await cluster.Send(HttpMethod.Post, words[0][1] - '0', path);
                if ($"{(answer.Status == 200 ? 0 : answer.Code)}" != expected)
                    wrong.Add($"expected {expected}: {answer}");
                if (answer.Status == 200) continue;
                var refused = await cluster.Send(HttpMethod.Post, words[0][1] - '0', words[1]);
                if (refused.Code != answer.Code)
                    wrong.Add($"the dry run said {answer.Code}: {refused}");
            }
        });
        return wrong;
    }

    /// <summary>
    /// No plan may choose between the two; the operator does. The other must not wait in recovery then: its walreceiver would write the
    /// primary's WAL over its own.
    /// </summary>
    private static async Task ChooseByHand(TestCluster cluster)
    {
        await cluster.Play("DELETE N2 instance/current → inactive, inactive");
        await cluster.N1.Postgres.StartAsPrimary();
        await cluster.WaitForStates("single", "inactive");
    }

    private static Task MakeWhole(TestCluster cluster, Relation relation) => cluster.Play(relation switch
    {
        Relation.Identical => """
            POST   N2 instance/failover/restart  → inactive, single
            insert
            POST   N1 instance/slave             → slave, master
            """,
        Relation.Behind => """
            POST   N2 instance/failover/promote  → inactive, single
            insert
            POST   N1 instance/slave             → slave, master
            """,
        Relation.Ahead => """
            POST   N2 instance/failover/restart  → inactive, single
            POST   N1 instance/slave             → slave, master
            """,
        Relation.ForkedAcrossTimelines => """
            POST   N1 instance/master                → eventually single, recovery
            POST   N2 instance/slave?rejoin=rewind   → master, slave
            insert
            """,
        Relation.ForkedOnOneTimeline => """
            POST   N2 instance/slave?rejoin=reclone  → master, slave
            insert
            """,
        _ => """
            POST   N1 instance/master                → eventually single, recovery
            POST   N2 instance/slave?rejoin=reclone  → master, slave
            insert
            """,
    });
}
