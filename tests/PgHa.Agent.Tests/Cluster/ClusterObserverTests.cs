using PgHa.Agent.Cluster;
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

    private sealed class Node(string name, string callsItself) : INode, IWalSource
    {
        public string Name => name;

        public IWalSource Wal => this;

        public ISlotSource Slots => throw new NotSupportedException();

        public Task<NodeObservation> ObserveAsync(bool fresh, CancellationToken cancel) => throw new NotSupportedException();

        public Task<Answer<NextStart>> NextStartAsync(CancellationToken cancel) => throw new NotSupportedException();

        public Task<Answer<WalPosition>> PositionAsync(CancellationToken cancel) =>
            Task.FromResult<Answer<WalPosition>>(Sketch.Position(callsItself, new TimelineSpan(new(1), Lsn.Zero, null)));

        public Task<Answer<LastRecord>> LastRecordAsync(CancellationToken cancel) => throw new NotSupportedException();

        public Task<Answer<WalDigest>> DigestAsync(Lsn from, Lsn to, CancellationToken cancel) => Task.FromResult<Answer<WalDigest>>(new WalDigest(from, to, "aa"));

        public Task<Answer<WalTail>> TailAsync(Lsn at, CancellationToken cancel) => throw new NotSupportedException();

        public Task<Answer<long>> CopyAsync(Lsn from, Lsn to, Stream destination, CancellationToken cancel) => throw new NotSupportedException();

        public Task<Answer<long>> CopyFileAsync(string name, Stream destination, CancellationToken cancel) => throw new NotSupportedException();
    }
}
