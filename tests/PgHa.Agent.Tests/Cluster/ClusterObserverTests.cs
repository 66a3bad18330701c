using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;
using PgHa.Agent.Tests.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;

namespace PgHa.Agent.Tests.Cluster;

[Trait("Category", "Fast")]
public class ClusterObserverTests
{
    /// <summary>An agent at the wrong address: its answer is judged elsewhere, and must not end the comparison.</summary>
    [Theory]
    [InlineData("n1", "n2"), InlineData("n1", "n9"), InlineData("n9", "n2"), InlineData("n2", "n1")]
    public async Task Nodes_have_the_names_of_the_configuration_whatever_their_agents_call_themselves(string one, string two)
    {
        var observer = new ClusterObserver([new Node("n1", one), new Node("n2", two)], TimeProvider.System);
        var wal = await observer.CompareWalAsync(Sketch.View(Condition.Primary, Condition.Standby), "n1", TestContext.Current.CancellationToken);
        Assert.Equal("n1", wal.PositionOf("n1")!.Node);
        Assert.True(wal.Of("n2") is { Node: "n2", Other: "n1", Kinship: WalKinship.Identical });
    }

    /// <summary>The first difference cannot be read: nobody has seen where they part, so a salvage must not begin there.</summary>
    [Theory]
    [InlineData("digest"), InlineData("tail")]
    public async Task A_fork_whose_place_cannot_be_read_is_not_taken_for_a_known_one(string unread)
    {
        var observer = new ClusterObserver([new Node("n1", "n1"), new Node("n2", "n2", "bb", unread)], TimeProvider.System);
        var wal = await observer.CompareWalAsync(Sketch.View(Condition.Primary, Condition.Standby), "n1", TestContext.Current.CancellationToken);
        Assert.True(wal.Of("n2") is { Kinship: WalKinship.Forked, PartsEarlier: true });
        Assert.Equal(wal.PositionOf("n2")!.Oldest, wal.Of("n2").OnlyHereFrom(wal.PositionOf("n2")!));
        Assert.NotNull(RejoinPlan.RefuseUnseen("n2", wal));
    }

    /// <summary>Nobody knows then whether the other node went on past the primary's line.</summary>
    [Fact]
    public async Task Beside_a_primary_whose_timelines_cannot_be_read_nothing_is_given_up_unasked()
    {
        var observer = new ClusterObserver([new Node("n1", "n1", unread: "position"), new Node("n2", "n2")], TimeProvider.System);
        var wal = await observer.CompareWalAsync(Sketch.View(Condition.Primary, Condition.Standby), "n1", TestContext.Current.CancellationToken);
        Assert.Equal(WalKinship.NotProvable, wal.Of("n2").Kinship);
        Assert.NotNull(RejoinPlan.RefuseUnseen("n2", wal));
    }

    /// <summary>It has sent the standby what it had not written yet when it was asked itself.</summary>
    [Theory]
    [InlineData(Condition.Primary, Condition.Standby, WalKinship.Identical)]
    [InlineData(Condition.StoppedAsPrimary, Condition.Standby, WalKinship.Ahead)] // no server goes on here
    [InlineData(Condition.Primary, Condition.StoppedAsStandby, WalKinship.Ahead)] // nor does that one get anything from it
    public async Task A_primary_that_was_asked_a_moment_before_its_standby_is_asked_once_more(Condition one, Condition two, WalKinship seen)
    {
        var observer = new ClusterObserver([new Node("n1", "n1") { GoesOn = true }, new Node("n2", "n2") { End = new(0x4000200) }], TimeProvider.System);
        var wal = await observer.CompareWalAsync(Sketch.View(one, two), "n1", TestContext.Current.CancellationToken);
        Assert.Equal(seen, wal.Of("n2").Kinship);
    }

    private sealed class Node(string name, string callsItself, string hash = "aa", string? unread = null) : INode, IWalSource
    {
        private int _digests, _asked;

        /// <summary>Where its WAL ends; null: where that of all others does.</summary>
        public Lsn? End { get; init; }

        /// <summary>The second time it is asked it has reached this.</summary>
        public bool GoesOn { get; init; }

        public string Name => name;

        public IWalSource Wal => this;

        public ISlotSource Slots => throw new NotSupportedException();

        public Task<NodeObservation> ObserveAsync(bool fresh, CancellationToken cancel) => throw new NotSupportedException();

        public Task<Answer<NextStart>> NextStartAsync(CancellationToken cancel) => throw new NotSupportedException();

        public Task<Answer<WalPosition>> PositionAsync(CancellationToken cancel) =>
            Task.FromResult<Answer<WalPosition>>(unread == "position" ? Away
                : Sketch.Position(callsItself, new TimelineSpan(new(1), Lsn.Zero, null)) is var usual && (GoesOn && _asked++ > 0 ? new Lsn(0x4000200) : End) is { } end ? usual with { End = end } : usual);

        public Task<Answer<LastRecord>> LastRecordAsync(CancellationToken cancel) => throw new NotSupportedException();

        /// <summary>Of the whole range it can be had; of its parts, where the difference is looked for, perhaps not.</summary>
        public Task<Answer<WalDigest>> DigestAsync(Lsn from, Lsn to, CancellationToken cancel) =>
            Task.FromResult<Answer<WalDigest>>(unread == "digest" && _digests++ % 2 > 0 ? Away : new WalDigest(from, to, hash));

        public Task<Answer<WalTail>> TailAsync(Lsn at, CancellationToken cancel) =>
            Task.FromResult<Answer<WalTail>>(unread == "tail" ? Away : new WalTail { From = at, End = at, Commits = 0 });

        private static Refusal Away => new(Code.PeerUnreachable, "it is away", "bring its agent back");

        public Task<Answer<long>> CopyAsync(Lsn from, Lsn to, Stream destination, CancellationToken cancel) => throw new NotSupportedException();

        public Task<Answer<long>> CopyFileAsync(string name, Stream destination, CancellationToken cancel) => throw new NotSupportedException();
    }
}
