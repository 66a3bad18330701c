using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;
using PgHa.Formats.Control;

namespace PgHa.Agent.Tests.Plans;

/// <summary>A node is demoted before its place is taken, and reinstated where it is not; its standby.signal alone does not make it a standby.</summary>
[Trait("Category", "Fast")]
public class DemotionTests
{
    private static readonly DbState?[] States = [null, .. Enum.GetValues<DbState>()];

    /// <summary>Every combination of what a process, standby.signal, the control file and SQL can say.</summary>
    public static TheoryData<ServerStatus, bool, DbState?, bool?, bool> Combinations()
    {
        var all = new TheoryData<ServerStatus, bool, DbState?, bool?, bool>();
        foreach (var server in Enum.GetValues<ServerStatus>())
            foreach (var signal in new[] { false, true })
                foreach (var state in States)
                    foreach (var recovering in server == ServerStatus.Running ? new bool?[] { false, true } : [null])
                        all.Add(server, signal, state, recovering, Expected(server, signal, state, recovering));
        return all;
    }

    /// <summary>Written down once more, by what each status means.</summary>
    private static bool Expected(ServerStatus server, bool signal, DbState? state, bool? recovering) => (server, signal, state) switch
    {
        (ServerStatus.Stopped, _, _) => false,
        (ServerStatus.Unseen, _, _) => false, // nobody knows: it may be writable
        (ServerStatus.Running, _, _) => recovering == false || !signal,
        (ServerStatus.Starting, _, _) => !signal,
        (ServerStatus.ShuttingDown, _, DbState.ShutDown or DbState.ShutDownInRecovery) => false, // nothing but its archiver is left
        (_, false, _) => true,
        (_, true, DbState.InArchiveRecovery) => false,
        (ServerStatus.NotAnswering, true, DbState.ShutDown or DbState.ShutDownInRecovery) => false, // it has only begun to start
        _ => true, // a demoted primary that runs on, or nobody knows
    };

    [Theory]
    [MemberData(nameof(Combinations))]
    public void Who_is_writable_follows_from_what_runs_and_not_from_the_next_start(ServerStatus server, bool signal, DbState? state, bool? recovering, bool writable)
    {
        var node = new NodeObservation
        {
            Node = "n1",
            BootId = "boot",
            LiveOperations = [],
            Server = server,
            StandbySignal = signal,
            Control = state is { } was ? new(Sketch.System, was, new(1), new(0x2000060), new(0x2000028), Lsn.Zero, 1 << 24) : null,
            Sql = recovering is { } r ? new() { InRecovery = r } : null,
        };
        Assert.Equal(writable, node.Writable);
        Assert.True(node.MayBeWritable || !node.Writable);
        Assert.True(node.MayBeWritable || server != ServerStatus.Unseen);
    }

    private static Plan Plan(MandatedRequest request, ClusterView view, WalKinship kin = WalKinship.Identical) =>
        Assert.IsType<Plan>(Sketch.Decide(request, view, Sketch.Wal(view, Planner.Focus(request, view), _ => kin)));

    private static string[] Steps(Plan plan) => [.. plan.Stages.SelectMany(s => s).Where(s => s.Changes).Select(s => $"{s.GetType().Name} {s.Node}")];

    [Fact]
    public void The_primary_is_demoted_right_before_it_is_stopped()
    {
        var view = Sketch.View(Condition.Primary, Condition.Standby);
        Assert.Equal(["Demote n1", "StopServer n1", "StopServer n2", "CompleteWal n2", "StartAsPrimary n2", "StartAsStandby n1"], Steps(Plan(new Switchover("n1", StopOrder.PrimaryFirst), view)));
        Assert.Equal(["StopServer n2", "Demote n1", "StopServer n1", "CompleteWal n2", "StartAsPrimary n2", "StartAsStandby n1"], Steps(Plan(new Switchover("n1", StopOrder.StandbysFirst), view)));
        Assert.Equal(["Demote n1", "HandOver n1", "TakeOver n2", "StartAsStandby n1"], Steps(Plan(new Switchover("n1", StopOrder.PrimaryFirst) { By = SwitchoverForm.Promote }, view)));
    }

    [Fact]
    public void A_primary_that_is_demoted_and_still_runs_is_reinstated_by_every_call_that_lets_it_be_primary()
    {
        var view = Sketch.View(Condition.Demoted, Condition.Standby);
        foreach (var request in new MandatedRequest[] { new StartAll("n1").Under(new() { IsUndo = true }), new StartAll("n1"), new StartPrimary("n1"), new StartNode("n1") })
            Assert.Equal(["Reinstate n1"], Steps(Plan(request, view)));
    }

    [Fact]
    public void A_demoted_primary_that_is_stopped_starts_in_recovery_as_it_is_and_as_primary_where_that_is_asked_for()
    {
        var view = Sketch.View(Condition.StoppedDemoted, Condition.StoppedAsStandby);
        Assert.Equal(["StartInRecovery n1"], Steps(Plan(new StartNode("n1"), view)));
        Assert.Equal(["StartAsPrimary n1"], Steps(Plan(new StartPrimary("n1"), view)));
        Assert.Equal(["StartAsPrimary n1", "StartAsStandby n2"], Steps(Plan(new StartAll("n1").Under(new() { IsUndo = true }), view)));
    }

    [Fact]
    public void What_a_failed_failover_had_demoted_is_taken_back_and_its_target_started()
    {
        var before = Sketch.View(Condition.StoppedAsPrimary, Condition.Recovering);
        var undo = Assert.IsType<UndoDemotion>(Plan(new Failover("n2", FailoverForm.Restart), before).Undo?.Request);
        Assert.Equal(["Reinstate n1", "StartInRecovery n2"], Steps(Plan(undo.Under(new() { IsUndo = true }), Sketch.View(Condition.StoppedDemoted, Condition.StoppedAsStandby))));
        Assert.Equal(["Reinstate n1"], Steps(Plan(undo.Under(new() { IsUndo = true }), Sketch.View(Condition.StoppedDemoted, Condition.Recovering))));
    }

    /// <summary>Whoever takes it up finds the node demoted already, and would not know that it has to be reinstated.</summary>
    [Fact]
    public void What_an_operation_that_is_taken_up_had_demoted_is_taken_back_by_the_undo_of_whoever_takes_it_up()
    {
        MandatedRequest inherited = new UndoDemotion("n2", ["n1"], Starts: true);
        var mandate = new Mandate { Resumed = true, Inherited = inherited };
        var view = Sketch.View(Condition.StoppedDemoted, Condition.StoppedAsStandby);
        Assert.Same(inherited, Plan(new Failover("n2", FailoverForm.Restart).Under(mandate), view).Undo);
        Assert.Same(inherited, Plan(new StartPrimary("n2").Under(mandate), view).Undo);
        Assert.Same(inherited, Plan(new StopNode("n2").Under(mandate), Sketch.View(Condition.StoppedDemoted, Condition.Recovering)).Undo);
        var running = Sketch.View(Condition.Primary, Condition.Standby);
        Assert.IsType<StartAll>(Plan(new Switchover("n1", StopOrder.PrimaryFirst).Under(mandate), running).Undo?.Request);
    }

    [Theory]
    [InlineData(Condition.PrimaryAlone)]
    [InlineData(Condition.Frozen)]
    [InlineData(Condition.AgentAway)]
    public void Nothing_is_reinstated_beside_a_node_that_may_be_writable(Condition third)
    {
        var view = Sketch.View(Condition.StoppedDemoted, Condition.Recovering, third);
        Assert.Empty(Steps(Plan(new UndoDemotion("n2", ["n1"], Starts: false).Under(new() { IsUndo = true }), view)));
    }

    [Theory]
    [InlineData(Condition.Supervised)]
    [InlineData(Condition.PrimaryAlone)]
    [InlineData(Condition.AgentAway)]
    public void Only_a_node_that_is_still_down_is_reinstated(Condition meanwhile)
    {
        var view = Sketch.View(meanwhile, Condition.Recovering);
        Assert.Empty(Steps(Plan(new UndoDemotion("n2", ["n1"], Starts: false).Under(new() { IsUndo = true }), view)));
    }

    /// <summary>The configuration may have changed while the operation was interrupted.</summary>
    [Fact]
    public void A_demoted_node_that_is_none_of_the_nodes_any_more_is_left_as_it_is()
    {
        var plan = Plan(new UndoDemotion("n2", ["n9", "n1"], Starts: false).Under(new() { IsUndo = true }), Sketch.View(Condition.StoppedDemoted, Condition.Recovering));
        Assert.Equal(["Reinstate n1"], Steps(plan));
        Assert.Equal([new StaysDemoted("n9")], plan.Evidence);
    }

    [Fact]
    public void An_old_primary_that_its_supervisor_has_brought_back_in_recovery_is_promoted_by_the_undo()
    {
        var view = Sketch.View(Condition.Supervised, Condition.Standby);
        Assert.Equal(["PromoteServer n1", "Follow n2"], Steps(Plan(new StartAll("n1").Under(new() { IsUndo = true }), view)));
    }

    [Fact]
    public void Only_force_goes_on_where_a_node_cannot_be_demoted()
    {
        var view = Sketch.View(Condition.StoppedAsPrimary, Condition.Recovering);
        Demote Step(bool force) => Plan(new Failover("n2", FailoverForm.Promote).Under(new() { Force = force }), view).Stages.SelectMany(s => s).OfType<Demote>().Single();
        Assert.False(Step(false).Forced);
        Assert.True(Step(true).Forced);
    }

    [Fact]
    public void The_owner_of_a_server_is_named_with_the_way_out()
    {
        var view = Sketch.View(Condition.Primary, Condition.Standby);
        ClusterView Owned(ServerOwner owner) => new([view.Nodes[0] with { ServerOwner = owner }, view.Nodes[1]]);
        Refusal Refused(ServerOwner owner) => Assert.IsType<Refused>(Sketch.Decide(new StopNode("n1"), Owned(owner), WalView.None)).Why;
        var unit = Refused(new("postgresql@15-main.service"));
        Assert.Equal(Code.WrongState, unit.Code);
        Assert.StartsWith("the server of n1 belongs to the systemd unit postgresql@15-main.service", unit.Message, StringComparison.Ordinal);
        Assert.Contains("systemctl stop postgresql@15-main.service", unit.Hint, StringComparison.Ordinal);
        Assert.Contains("POST instance/current", unit.Hint, StringComparison.Ordinal);
        Assert.Contains("force=true", unit.Hint, StringComparison.Ordinal);
        Assert.Contains("the process bash (pid 4711)", Refused(new(null, "bash", 4711)).Message, StringComparison.Ordinal);
        Assert.NotNull(OwnerRules.Refuse(new StopServer("n1"), Owned(new("x.service")).Nodes[0]));
        Assert.Null(OwnerRules.Refuse(new StopServer("n1"), view.Nodes[0]));
        Assert.Null(OwnerRules.Refuse(new WriteCheckpoint("n1"), Owned(new("x.service")).Nodes[0]));
    }

    [Fact]
    public void Standbys_that_were_pointed_at_a_node_that_did_not_become_primary_are_pointed_back()
    {
        var view = Sketch.View(Condition.AgentAway, Condition.Standby, Condition.Standby);
        view = new([view.Nodes[0], .. view.Nodes.Skip(1).Select(n => n with { UpstreamNode = "n1" })]);
        var plan = Plan(new Failover("n2", FailoverForm.Promote).Under(new() { Force = true }), view);
        Assert.Equal(["Follow n3", "PromoteServer n2", "Follow n3"], Steps(plan));
        var undo = Assert.IsType<UndoDemotion>(plan.Undo?.Request);
        var pointed = new ClusterView([view.Nodes[0], view.Nodes[1], view.Nodes[2] with { UpstreamNode = "n2" }]);
        Assert.Equal(new Follow("n3", "n1"), Assert.Single(Plan(undo.Under(new() { IsUndo = true }), pointed).Stages.SelectMany(s => s)));
        var promoted = Sketch.View(Condition.AgentAway, Condition.Primary, Condition.Standby);
        Assert.Empty(Steps(Plan(undo.Under(new() { IsUndo = true }), promoted)));
    }
}
