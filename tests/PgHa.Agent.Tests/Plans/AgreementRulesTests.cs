using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Tests.Plans;

/// <summary>Agents that describe the cluster differently.</summary>
[Trait("Category", "Fast")]
public class AgreementRulesTests
{
    private static readonly ClusterMember N1 = new("n1", "http://a:1", "a:5432"), N2 = new("n2", "http://b:1", "b:5432"), N3 = new("n3", "http://c:1", "c:5432");
    private static readonly ClusterIdentity Pair = ClusterIdentity.Of("main", [N1, N2]), Three = ClusterIdentity.Of("main", [N1, N2, N3]), WithoutFirst = ClusterIdentity.Of("main", [N2, N3]);

    private static ClusterView View(params ClusterIdentity?[] identities) =>
        new([.. identities.Select((identity, i) => Sketch.Node($"n{i + 1}", i == 0 ? Condition.StoppedAsPrimary : Condition.StoppedAsStandby) with { Identity = identity })]);

    private static readonly ChangeRequest[] Changing =
    [
        new StartNode("n1"), new StartPrimary("n1"), new StartStandby("n1"), new StartAll("n1"), new Failover("n1", FailoverForm.Promote), new Failover("n1", FailoverForm.Restart),
        new Switchover("n1", StopOrder.PrimaryFirst), new StartStandby("n1", RejoinForm.Reclone), new RestartForSlots("n1"), new RestartNode("n1"), new Reload("n1"), new InitData("n1"), new CloneData("n1"),
    ];

    private static readonly ChangeRequest[] Stopping = [new StopNode("n1"), new StopPrimary("n1"), new StopStandbys("n1"), new StopAll("n1", StopOrder.PrimaryFirst)];

    [Fact]
    public void Everything_but_stops_is_refused_by_force_too()
    {
        foreach (var view in new[] { View(Pair, Three), View(Three, Pair), View(Pair, null), View(Pair, ClusterIdentity.Of("other", [N1, N2])) })
        {
            foreach (var request in Changing)
            {
                Assert.Equal(Code.WrongState, CommonRules.Refuse(request, view)?.Code);
                Assert.Equal(CommonRules.Refuse(request, view), CommonRules.Refuse(request.Under(new() { Force = true }), view));
                Assert.NotNull(AgreementRules.Refuse(request.Under(new() { Force = true, Resumed = true }), view));
            }
            foreach (var request in Stopping)
                Assert.Null(CommonRules.Refuse(request, view));
        }
    }

    [Fact]
    public void The_difference_is_named()
    {
        Assert.Contains("only n2 lists node n3 (agent http://c:1, PostgreSQL c:5432)", AgreementRules.Refuse(View(Pair, Three))!.Message, StringComparison.Ordinal);
        Assert.Contains("n2 does not say", AgreementRules.Refuse(View(Pair, null))!.Message, StringComparison.Ordinal);
        var moved = ClusterIdentity.Of("main", [N1, N2 with { Postgres = "b:5433" }]);
        var message = AgreementRules.Refuse(View(Pair, moved))!.Message;
        Assert.Contains("only n1 lists node n2 (agent http://b:1, PostgreSQL b:5432); only n2 lists node n2 (agent http://b:1, PostgreSQL b:5433)", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Agents_that_agree_or_are_away_do_not_matter()
    {
        Assert.Null(AgreementRules.Refuse(View(Pair, Pair)));
        Assert.Null(AgreementRules.Refuse(new ClusterView([.. View(Pair).Nodes, NodeObservation.Unreachable("n2", "away")])));
        Assert.Null(AgreementRules.Refuse(View(Pair, ClusterIdentity.Of("main", [N2, N1]))));
    }

    [Fact]
    public void An_agent_that_gives_itself_another_name_is_refused()
    {
        var view = View(Pair, Pair);
        var mistaken = new ClusterView([view.Nodes[0], view.Nodes[1] with { AnswersAs = "n1" }]);
        Assert.Contains("says that it is n1", AgreementRules.Refuse(mistaken)!.Message, StringComparison.Ordinal);
        Assert.NotNull(AgreementRules.Refuse(new StartAll("n1").Under(new() { BringsBack = true }), mistaken));
    }

    /// <summary>Whoever lists the node must ask its agent before acting, and sees there that it disagrees; whoever does not would never look.</summary>
    [Fact]
    public void What_served_before_is_brought_back_where_all_list_it()
    {
        var back = new StartAll("n1").Under(new() { BringsBack = true });
        Assert.Null(AgreementRules.Refuse(back, View(Pair, Three)));
        Assert.Null(AgreementRules.Refuse(back, View(Three, Three, Pair)));
        Assert.NotNull(AgreementRules.Refuse(back, View(Three, WithoutFirst, Three)));
        Assert.NotNull(AgreementRules.Refuse(back, View(Three, null)));
        Assert.NotNull(AgreementRules.Refuse(back, View(Three, ClusterIdentity.Of("main", [N1 with { Agent = "http://d:1" }, N2, N3]))));
    }

    [Fact]
    public void A_lock_and_a_step_of_an_agent_that_disagrees_are_refused()
    {
        OperationLock Lock(ClusterIdentity? identity, bool regardless = false) => new("op", "n2", "boot", "goal", identity, regardless);
        Assert.Null(AgreementRules.RefuseLock("n1", Pair, Lock(Pair)));
        Assert.Equal(Code.WrongState, AgreementRules.RefuseLock("n1", Pair, Lock(Three))?.Code);
        Assert.Equal(Code.WrongState, AgreementRules.RefuseLock("n1", Pair, Lock(null))?.Code);
        Assert.Null(AgreementRules.RefuseLock("n1", Pair, Lock(Three, regardless: true)));
        Step start = new StartAsPrimary("n1", []), stop = new StopServer("n1");
        Assert.Null(AgreementRules.RefuseStep("n1", Pair, start, Pair.Digest, Lock(Pair)));
        Assert.NotNull(AgreementRules.RefuseStep("n1", Pair, start, Three.Digest, Lock(Pair)));
        Assert.NotNull(AgreementRules.RefuseStep("n1", Pair, start, null, null));
        Assert.Null(AgreementRules.RefuseStep("n1", Pair, start, Three.Digest, Lock(Three, regardless: true)));
        Assert.Null(AgreementRules.RefuseStep("n1", Pair, stop, null, null));
    }

    [Fact]
    public void An_undo_that_agents_would_refuse_waits_until_they_agree()
    {
        var halt = new Halt(HaltCause.Abandoned, "op") { Continuation = new Switchover("n1", StopOrder.PrimaryFirst, "n2"), Undo = new StartAll("n1"), Reach = Reach.Reversible };
        Assert.IsType<TakeUp>(HaltRules.WhileLive(halt, View(Three, WithoutFirst, Three)));
        Assert.IsType<Try>(HaltRules.WhileLive(halt, View(Three, Pair, Three)));
    }

    [Fact]
    public void What_names_a_node_that_is_not_listed_any_more_is_not_tried()
    {
        var halt = new Halt(HaltCause.Interrupted, "op") { Continuation = new Switchover("n1", StopOrder.PrimaryFirst, "n3"), Undo = new StartAll("n1"), Reach = Reach.Reversible };
        var only = Assert.Single(Assert.IsType<Try>(HaltRules.AfterLoss(halt, View(Pair, Pair), TimeSpan.Zero)).Ways);
        Assert.True(only.Undoes);
        Assert.IsType<Leave>(HaltRules.AfterLoss(halt with { Undo = new StartAll("n3") }, View(Pair, Pair), TimeSpan.Zero));
    }
}
