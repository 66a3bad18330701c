using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Tests.Plans;

/// <summary>What users read of each kind of evidence, word for word. All other tests compare the records.</summary>
[Trait("Category", "Fast")]
public class EvidenceTests
{
    private static readonly Refusal Why = new(Code.WrongState, "it is so", "wait");

    private static readonly Evidence Unasked = new WalNotAsked("n1");

    private static readonly SyncCause Last = new(SyncCauseKind.LastPrimary, "n1", "n2");

    private static readonly SyncNames Names = new(SyncMethod.First, 1, ["n1"]);

    private static readonly NextSetting Port = new("n1", "port", "5433");

    private static readonly WalTail Nothing = new() { From = new(0x3000000), End = new(0x3000000), Commits = 0 };

    private static readonly WalTail Tail = new()
    {
        From = new(0x3000000),
        End = new(0x3000100),
        Commits = 2,
        First = new(new(0x3000000), 64, new(0x2FFFF80), "12345678", 700, "Transaction/COMMIT"),
    };

    private static readonly (Evidence Evidence, string Words)[] Known =
    [
        (new WalEqual(new(0x1000000), new(0x2000000), "aa", new("n1", new(0x2000000), new(1)), new("n2", new(0x3000000), new(2))),
            "WAL equal from 0/1000000 to 0/2000000 (XXH128 aa); n1 ends at 0/2000000 on timeline 1, n2 at 0/3000000 on timeline 2"),
        (new WalDiffers("n1", "n2", new(new(0x1000000), new(0x2000000), "aa"), new(new(0x1000000), new(0x2000000), "bb")),
            "the WAL of n1 and n2 differs between 0/1000000 and 0/2000000 (XXH128 aa and bb)"),
        (new WalParted("n1", "n2", new(0x3000000), Tail, Nothing),
            "they are the same up to 0/3000000; there n1 holds Transaction/COMMIT at 0/3000000 (xid 700, 64 bytes, CRC 12345678, prev 0/2FFFF80) and, to 0/3000100, 256 bytes with 2 commits; n2 holds nothing from 0/3000000 on"),
        (new WalPartedEarlier("n1", "n2", new(0x3000000)), "the WAL of n1 and n2 differs already at 0/3000000, where the WAL that both hold begins: they part there or earlier"),
        (new OtherCluster("n1", "7", "n2", "8"), "n1 belongs to cluster 7, n2 to 8"),
        (new NoCommonWal(new("n1", [new(new(0x1000000), new(0x2000000))]), new("n2", [new(new(0x4000000), new(0x4000100)), new(new(0x5000000), new(0x6000000))]), new(0x2000000)),
            "n1 holds WAL from 0/1000000 to 0/2000000, n2 from 0/4000000 to 0/4000100 and 0/5000000 to 0/6000000: no common WAL to compare before 0/2000000"),
        (new WalUnread("n1", Why), "the WAL of n1 cannot be read: it is so"),
        (new WalUnread("n1", null), "the WAL of n1 cannot be read: it was not asked"),
        (new WalNotCompared(Why), "their WAL could not be compared: it is so"),
        (Unasked, "the WAL of n1 was not asked for"),
        (new RunsAlready("n1"), "n1 runs"),
        (new IsWritable("n1"), "n1 is writable"),
        (new IsOnlyWritable("n1"), "n1 is writable and no other node is"),
        (new IsPrimary("n1"), "n1 is primary already"),
        (new StaysPrimary("n1"), "n1 is primary, and is primary again after its restart, on the same timeline"),
        (new ToldToBecomePrimary("n1"), "n1 was told to become primary already"),
        (new StreamsFrom("n1", "n2"), "n1 streams from n2"),
        (new WillWait("n1"), "n1 has standby.signal and no primary runs: it starts in recovery and waits"),
        (new NothingRuns(), "nothing is left to stop"),
        (new NoServerRuns(), "no server runs: settings are read at the start"),
        (new RunsDemoted("n1"), "n1 has standby.signal: its next start would be in recovery"),
        (new StaysDemoted("n1"), "n1 is left as it is: it is not stopped any more, or another node may be writable"),
        (new LeftAsItIs("n1", "empty"), "n1 is left as it is: empty"),
        (new DataUnusable("n1", "of PostgreSQL 9"), "of PostgreSQL 9"),
        (new NoDataOn(["n1", "n2"], "n1", 300L << 20), "no data on n1, n2; 300 MB free on n1"),
        (new CanBeCloned("n1", 300L << 20, "n2", "7"), "n1 holds no data, 300 MB are free there; n2 runs with system identifier 7"),
        (new IsNotWaitedFor("n1"), "n1 replays with a delay (recovery_min_apply_delay): it is not waited for"),
        (new LocksGivenBack(), "the locks were given back while only the outcome was waited for"),
        (new HoldsMissingWal("n1", "n2", Unasked), "n1 holds WAL that n2 misses: the WAL of n1 was not asked for"),
        (new WasLeftBehind("n1", "n2", Unasked), "n1 was left behind on an older timeline by the promotion of n2's line: the WAL of n1 was not asked for"),
        (new EndedBeforeOldest("n1", "n2"), "n1 ended on the line of n2, before the oldest WAL that is still held"),
        (new HoldsNothingOwn("n1", "empty"), "n1 holds no data of its own any more: empty"),
        (new HoldsRecord("n2", 7), "n2 holds the record in etcd (epoch 7): no other node may write"),
        (new ForcedByOperator(), "the operator's force answers for it"),
        (new AnsweredBefore(), "it was answered for when the operation began"),
        (new NamedByStep(), "the step names it"),
        (new AnotherServedBefore(), "another node was primary when the operation began, and serves again"),
        (new SeenEmpty(), "it was seen empty, and the cluster is only being made"),
        (new WriterIsKnown("n1"), "the writer is n1, and its successor gets all that it wrote"),
        (new MissesUnservedWal("n1", "n2"), "n1 misses WAL that n2 cannot stream: afterwards POST instance/slave on n1 brings it"),
        (new DoesNotReplay("n1", "its replay is paused", []), "n1: its replay is paused"),
        (new DoesNotReplay("n1", "it stands still", [new("max_connections", 50, 60), new("max_wal_senders", 5, 10)]),
            "n1: it stands still; set max_connections to at least 60, max_wal_senders to at least 10 in the configuration of n1, "
            + "restart it (DELETE instance/current on n1, then POST instance/current on n1)"),
        (new ReplayIsPaused("n1"), "replay is paused on n1: the promotion ends that, and all is replayed first"),
        (new ReplayIsDelayed("n1", "1h"), "recovery_min_apply_delay of n1 is 1h: what it holds back is replayed before it is promoted"),
        (new AsksArchive("n1"), "restore_command is set on n1: before it is promoted it asks the archive for more WAL and for newer timelines; it waits as long as that takes"),
        (new EndsWithCommand("n1"), "recovery_end_command is set on n1: it is promoted when that has ended"),
        (new ArchiveIsSlow("n1"), "restore_command of n1 takes longer than 2 s to say that the archive does not have a file: the start of n1 waits for it"),
        (new SyncIsSet(Last, "n2", Names), "synchronous_standby_names of n1 is n2: n2 gets FIRST 1 (\"n1\")"),
        (new SyncGetsNone(new(SyncCauseKind.NamesItself, "n2", "n2"), "n2"), "the synchronous_standby_names of n2 names itself: no other standby is named, so n2 gets none"),
        (new SyncComesLater(new(SyncCauseKind.Own, "n2", "n1"), "n2", [], Names),
            "n2 has synchronous_standby_names n1: commits on n2 would wait for ever with no standby; it gets FIRST 1 (\"n1\") as soon as enough standbys stream"),
        (new SyncComesLater(Last, "n2", ["n3", "n4"], Names),
            "synchronous_standby_names of n1 is n2: commits on n2 would wait for ever with n3, n4; it gets FIRST 1 (\"n1\") as soon as enough standbys stream"),
        (new SyncIsManaged("n2"), "synchronous_standby_names of n2 is set by its agent (failover.sync)"),
        (new SyncIsRight(Last, "n2", "n1"), "synchronous_standby_names of n1 is n2; n2 has n1"),
        (new SyncStays("n2", "n1"), "synchronous_standby_names of n2 stays n1"),
        (new SyncNotUnderstood("n1", "FIRST (n2)"), "synchronous_standby_names of n1 is not understood and left alone: FIRST (n2)"),
        (new ConsumersWait("n2", ["n1", "n3"]), "synchronized_standby_slots of n2 names n1, n3: consumers of failover slots wait until it streams, or until you take its slot out of the setting"),
        (new LogicalSlotsGo("n1", ["a", "b"]), "logical slots of n1 that go with it: a, b"),
        (new PhysicalSlotsGo("n1", ["a", "b"]), "physical slots of n1 that go with it: a, b"),
        (new LogicalSlotsGoUnseen("n1", [new("a", new(0x2800000)), new("b", null)], new("n2", new(0x3000000))),
            "logical slots of n1 go with it from where they were brought level last: a at 0/2800000, b at ; "
            + "their consumers see repeats, and one that stood beyond the end of the WAL of n2, 0/3000000, has to begin anew"),
        (new LogicalSlotsGoUnseen("n1", [new("a", new(0x2800000))], new("n2", null)),
            "logical slots of n1 go with it from where they were brought level last: a at 0/2800000; "
            + "their consumers see repeats, and one that stood beyond the end of the WAL of n2 has to begin anew"),
        (Port, "port is 5433 at the next start of n1"),
        (Port with { Now = "5432", Place = "postgresql.conf line 12" }, "port is 5433 at the next start of n1 (5432 now; postgresql.conf line 12)"),
        (new NextSetting("n1", "listen_addresses", "a, b") { Now = "" }, "listen_addresses is 'a, b' at the next start of n1 ('' now)"),
        (new ListensElsewhere(Port, "db", 5432), "port is 5433 at the next start of n1: clients and the other nodes look for it at db:5432"),
        (new WouldNotStartLater("n1", Why), "the next start of n1 after this: it is so"),
        (new PassedOver(Why), "it is so"),
        (new SettingIs(new("n1", "max_connections", "100", "200", true)), "max_connections is 100 on n1 now, and 200 then, after a restart"),
        (new SettingIs(new("n1", "work_mem", "4096", "65536", false) { Unit = "kB" }), "work_mem is 4096 (in kB) on n1 now, and 65536 (in kB) then"),
        (new SettingIs(new("n1", "max_connections", "200", "200", false)), "max_connections is 200 on n1 already"),
    ];

    [Fact]
    public void Each_kind_has_its_sentence() => Assert.All(Known, k => Assert.Equal(k.Words, k.Evidence.Words));

    [Fact]
    public void Every_kind_is_in_the_table() => Assert.Equal(
        typeof(Evidence).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(Evidence)) && !t.IsAbstract).Select(t => t.Name).Order(),
        Known.Select(k => k.Evidence.GetType().Name).Distinct().Order());

    [Fact]
    public void In_a_message_it_is_its_sentence() => Assert.All(Known, k => Assert.Equal(k.Words, $"{k.Evidence}"));

    [Fact]
    public void Facts_that_are_the_same_are_equal_and_others_are_not()
    {
        WalHeld held = new("n1", [new(new(1), new(2)), new(new(4), new(5))]);
        Assert.Equal(held, new("n1", [new(new(1), new(2)), new(new(4), new(5))]));
        Assert.Equal(held.GetHashCode(), new WalHeld("n1", [new(new(1), new(2)), new(new(4), new(5))]).GetHashCode());
        Assert.NotEqual(held, new("n1", [new(new(4), new(5)), new(new(1), new(2))]));
        Assert.NotEqual(held, new("n1", [new(new(1), new(2))]));
        Assert.All(Known, k => Assert.Single(Known, other => other.Evidence == k.Evidence));
    }
}
