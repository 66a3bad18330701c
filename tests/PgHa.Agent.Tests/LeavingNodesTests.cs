using PgHa.Agent.Cluster;
using PgHa.Agent.Leadership;
using PgHa.Client.Facts;

namespace PgHa.Agent.Tests;

/// <summary>Who may be left out of <c>nodes</c>.</summary>
[Trait("Category", "Fast")]
public sealed class LeavingNodesTests
{
    private static readonly PrimaryRecord Record = new() { Node = "n1", Epoch = 4, Boot = "b", Run = "r", Counter = 1, DMilliseconds = 8000, Since = DateTimeOffset.UnixEpoch, Timeline = 2 };

    [Theory]
    [InlineData("n1", true, true, "n1 holds the record in etcd (epoch 4), and is left out of nodes")]
    [InlineData("n2", true, true, null)]
    [InlineData("n1", false, true, null)]
    [InlineData("n1", true, false, null)]
    public void Who_holds_the_record_is_not_left_out(string leaving, bool held, bool automatic, string? why)
    {
        var view = new ClusterView([Away("n1"), Away("n2"), Away("n3")]);
        var answer = automatic ? new RecordAnswer.Stands(Record with { Released = !held }, 5) : null;
        Assert.Equal(why, LeavingNodes.Refuse([leaving], view, answer)?.Message);
    }

    [Fact]
    public void Where_neither_the_node_nor_etcd_can_be_asked_it_is_not_left_out_in_automatic_mode()
    {
        var view = new ClusterView([Away("n1"), Away("n2")]);
        Assert.Contains("cannot be asked", LeavingNodes.Refuse(["n2"], view, new RecordAnswer.Outage("no answer"))?.Message, StringComparison.Ordinal);
        Assert.Null(LeavingNodes.Refuse(["n2"], view, null));
    }

    /// <summary>Its agent answers, and its server may accept writes, or does from one moment to the next.</summary>
    [Fact]
    public void A_server_that_may_accept_writes_is_not_left_out()
    {
        foreach (var node in new[] { Away("n1") with { Reachable = true, Problem = "its server process is frozen" }, Away("n1") with { Reachable = true, Server = ServerStatus.Starting } })
            Assert.Contains("may accept writes", LeavingNodes.Refuse(["n1"], new ClusterView([node, Away("n2")]), null)?.Message, StringComparison.Ordinal);
        Assert.Null(LeavingNodes.Refuse(["n1"], new ClusterView([Away("n1") with { Reachable = true, Server = ServerStatus.Stopped, Problem = null }, Away("n2")]), null));
    }

    private static NodeObservation Away(string name) => NodeObservation.Unreachable(name, "no answer");
}
