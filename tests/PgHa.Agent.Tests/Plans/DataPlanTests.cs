using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Tests.Plans;

/// <summary>Filling an empty data directory: by a new cluster, or by a copy of a running node.</summary>
[Trait("Category", "Fast")]
public class DataPlanTests
{
    private static readonly InitData Init = new("n1");
    private static readonly CloneData Clone = new("n1");

    private static Decision Decide(MandatedRequest request, ClusterView view) => Sketch.Decide(request, view, WalView.None);

    private static string Steps(MandatedRequest request, params Condition[] nodes) =>
        string.Join("; ", Assert.IsType<Plan>(Decide(request, Sketch.View(nodes))).Stages.SelectMany(s => s).Select(s => s.Path));

    private static Refusal Refuses(Code code, MandatedRequest request, params Condition[] nodes) => Refuses(code, request, Sketch.View(nodes));

    private static Refusal Refuses(Code code, MandatedRequest request, ClusterView view)
    {
        var why = Assert.IsType<Refused>(Decide(request, view)).Why;
        Assert.Equal(code, why.Code);
        return why;
    }

    private static ClusterView WithPlace(EmptyPlace place, Condition other) =>
        new([Sketch.Node("n1", Condition.Empty) with { Place = place }, Sketch.Node("n2", other)]);

    [Fact]
    public void A_new_cluster_ends_with_its_node_serving() =>
        Assert.Equal("check-init; init; start?as=primary&accept=n2", Steps(Init, Condition.Empty, Condition.Empty));

    /// <summary>The agent was lost between the steps.</summary>
    [Theory]
    [InlineData(Condition.Empty, "check-init; init; start?as=primary&accept=n2")]
    [InlineData(Condition.StoppedAsPrimary, "start?as=primary&accept=n2")]
    [InlineData(Condition.Crashed, "start?as=primary&accept=n2")]
    [InlineData(Condition.PrimaryAlone, "")]
    public void An_interrupted_init_is_taken_up_where_it_stands(Condition condition, string steps)
    {
        var plan = Assert.IsType<Plan>(Decide(Init.Under(new() { Resumed = true }), Sketch.View(condition, Condition.Empty)));
        Assert.Equal(steps, string.Join("; ", plan.Stages.SelectMany(s => s).Select(s => s.Path)));
        Assert.Equal("make a new cluster on n1", plan.Goal);
    }

    /// <summary>Only the call that makes the cluster answers for nodes that are seen empty: later they may be disks that are not mounted.</summary>
    [Fact]
    public void A_new_cluster_is_started_again_beside_an_empty_node_only_with_force()
    {
        var view = Sketch.View(Condition.StoppedAsPrimary, Condition.Empty);
        Refuses(Code.WalNotProven, new StartPrimary("n1"), view);
        Assert.Equal("start?as=primary&accept=n2", Steps(new StartPrimary("n1").Under(new() { Force = true }), Condition.StoppedAsPrimary, Condition.Empty));
        Refuses(Code.WalNotProven, Init.Under(new() { Resumed = true }), Condition.StoppedAsPrimary, Condition.Unusable);
    }

    [Fact]
    public void A_server_that_runs_without_its_directory_holds_a_new_cluster_back() =>
        Refuses(Code.WrongState, Init.Under(new() { Force = true }), new ClusterView(
            [Sketch.Node("n1", Condition.Empty), Sketch.Node("n2", Condition.Empty) with { Server = ServerStatus.NotAnswering, Problem = "a server runs" }]));

    [Fact]
    public void An_interrupted_init_starts_nothing_beside_another_writable_node() =>
        Refuses(Code.AnotherWritable, Init.Under(new() { Resumed = true }), Condition.StoppedAsPrimary, Condition.PrimaryAlone);

    [Fact]
    public void Who_was_answered_for_is_still_answered_for_when_an_init_is_taken_up()
    {
        Refuses(Code.AnotherWritable, Init.Under(new() { Resumed = true }), Condition.StoppedAsPrimary, Condition.AgentAway);
        var forced = Assert.IsType<Plan>(Decide(Init.Under(new() { Force = true }), Sketch.View(Condition.Empty, Condition.AgentAway)));
        Assert.Equal([new("n2", new ForcedByOperator())], forced.Answered);
        Assert.IsType<Plan>(Decide(Init.Under(new() { Resumed = true, Answered = ["n2"] }), Sketch.View(Condition.StoppedAsPrimary, Condition.AgentAway)));
    }

    [Fact]
    public void A_clone_ends_with_its_node_streaming() =>
        Assert.Equal("check-clone?source=n2; clone?source=n2; check?upstream=n2; start?as=standby&upstream=n2", Steps(Clone, Condition.Empty, Condition.PrimaryAlone));

    [Fact]
    public void A_clone_of_a_standby_follows_the_primary() => Assert.Equal(
        "check-clone?source=n3; clone?source=n3; check?upstream=n2; start?as=standby&upstream=n2",
        Steps(Clone with { From = "n3" }, Condition.Empty, Condition.Primary, Condition.Standby));

    [Theory]
    [InlineData(Condition.StoppedAsPrimary), InlineData(Condition.StoppedAsStandby), InlineData(Condition.Crashed), InlineData(Condition.PrimaryAlone)]
    [InlineData(Condition.Frozen), InlineData(Condition.Unusable), InlineData(Condition.Recovering)]
    public void Existing_data_is_never_touched(Condition condition)
    {
        Refuses(Code.WrongState, Init.Under(new() { Force = true }), condition, Condition.Empty);
        Refuses(Code.WrongState, Clone.Under(new() { Force = true }), condition, Condition.Empty);
    }

    [Theory]
    [InlineData(Condition.StoppedAsPrimary), InlineData(Condition.PrimaryAlone), InlineData(Condition.Crashed), InlineData(Condition.Unusable)]
    public void A_second_cluster_is_refused_even_with_force(Condition other) =>
        Refuses(Code.WrongState, Init.Under(new() { Force = true }), Condition.Empty, other);

    [Fact]
    public void A_node_that_cannot_be_asked_may_hold_the_cluster()
    {
        Refuses(Code.WrongState, Init, Condition.Empty, Condition.AgentAway);
        var forced = Assert.IsType<Plan>(Decide(Init.Under(new() { Force = true }), Sketch.View(Condition.Empty, Condition.AgentAway)));
        Assert.Contains("n2", Assert.Single(forced.Overrides), StringComparison.Ordinal);
        Assert.Equal("init?accept=n2", forced.Stages[1][0].Path);
    }

    [Fact]
    public void A_node_that_streams_already_is_done() =>
        Assert.Empty(Assert.IsType<Plan>(Decide(Clone, Sketch.View(Condition.Standby, Condition.Primary))).Stages);

    [Fact]
    public void A_clone_needs_a_primary_and_a_running_source()
    {
        Refuses(Code.PrimaryNotStarted, Clone, Condition.Empty, Condition.StoppedAsPrimary);
        Refuses(Code.PrimaryNotStarted, Clone, Condition.Empty, Condition.AgentAway);
        Refuses(Code.WrongState, Clone with { From = "n3" }, Condition.Empty, Condition.PrimaryAlone, Condition.StoppedAsStandby);
        Refuses(Code.PeerUnreachable, Clone with { From = "n3" }, Condition.Empty, Condition.PrimaryAlone, Condition.AgentAway);
        Refuses(Code.Invalid, Clone with { From = "n1" }, Condition.Empty, Condition.PrimaryAlone);
    }

    [Fact]
    public void A_small_disk_is_refused()
    {
        Assert.Contains("199 MB", Refuses(Code.WrongState, Init, WithPlace(new(199L << 20), Condition.Empty)).Message, StringComparison.Ordinal);
        Refuses(Code.WrongState, Clone, WithPlace(new(199L << 20), Condition.PrimaryAlone));
    }

    [Fact]
    public void A_place_that_cannot_be_swapped_is_refused_with_its_own_words()
    {
        var problem = new Refusal(Code.WrongState, "a mount point", "go below");
        Assert.Equal(problem, Refuses(Code.WrongState, Init, WithPlace(new(1L << 40, problem), Condition.Empty)));
        Assert.Equal(problem, Refuses(Code.WrongState, Clone, WithPlace(new(1L << 40, problem), Condition.PrimaryAlone)));
    }

    [Fact]
    public void Two_writable_nodes_hold_a_clone_back() =>
        Refuses(Code.AnotherWritable, Clone, Condition.Empty, Condition.PrimaryAlone, Condition.PrimaryAlone);
}
