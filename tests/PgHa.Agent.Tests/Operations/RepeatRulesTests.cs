using PgHa.Agent.Cluster;
using PgHa.Agent.Operations;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Tests.Operations;

/// <summary>Which switchover is the repetition of one whose answer was lost, and which one is meant.</summary>
[Trait("Category", "Fast")]
public class RepeatRulesTests
{
    private static readonly MachineClock Clock = new("boot", () => TimeSpan.FromMinutes(5));
    private static readonly Switchover Asked = new("n1", StopOrder.PrimaryFirst);
    private static readonly Conduct Caller = new() { Call = new() { From = "10.0.0.1" } };

    private static OperationReport First => new()
    {
        Id = "1",
        Goal = "switch over",
        Coordinator = "n1",
        State = OperationState.Done,
        Started = default,
        BegunAt = Ago(20),
        EndedAt = Ago(10),
        Request = RequestForm.Write(Asked),
        Call = new() { From = "10.0.0.1", Unheard = true },
        Steps = [new() { Stage = 1, Node = "n1", Step = "stop n1", Curl = "", State = StepState.Done, Changes = true }],
    };

    private static MachineMoment Ago(double seconds) => Clock.Now with { Seconds = Clock.Now.Seconds - seconds };

    private static ClusterView View(string last = "1") => new([new() { Node = "n1", BootId = "b", LiveOperations = [], Server = ServerStatus.Running, LastStep = new(last, Running: false) }]);

    private static string? Found(OperationReport first, MandatedRequest? request = null, Conduct? conduct = null, ClusterView? view = null, params OperationReport[] later) =>
        RepeatRules.Unheard([.. later, first], request ?? Asked, conduct ?? Caller, view ?? View(), Clock)?.Id;

    [Fact]
    public void A_switchover_of_which_its_caller_heard_nothing_is_not_carried_out_again() => Assert.Equal("1", Found(First));

    [Fact]
    public void One_whose_answer_was_heard_is_meant() => Assert.Null(Found(First with { Call = new() { From = "10.0.0.1" } }));

    [Fact]
    public void Another_caller_means_it() => Assert.Null(Found(First, conduct: new() { Call = new() { From = "10.0.0.2" } }));

    [Fact]
    public void Who_names_the_target_is_asked_for_no_more() => Assert.Null(Found(First with { Request = RequestForm.Write(Asked with { To = "n2" }) }, Asked with { To = "n2" }));

    [Fact]
    public void Another_form_is_another_call() => Assert.Null(Found(First, Asked with { By = SwitchoverForm.Promote }));

    [Fact]
    public void What_does_no_harm_twice_is_looked_at_anew() => Assert.Null(Found(First with { Request = RequestForm.Write(new StartAll("n1")) }, new StartAll("n1")));

    [Theory]
    [InlineData(OperationState.Failed), InlineData(OperationState.Undone)]
    public void One_that_did_not_reach_its_goal_is_tried_again(OperationState state) => Assert.Null(Found(First with { State = state }));

    [Fact]
    public void After_a_minute_it_is_meant() => Assert.Null(Found(First with { EndedAt = Ago(60) }));

    [Fact]
    public void Where_it_is_not_known_how_long_ago_it_ended_it_is_meant()
    {
        Assert.Null(Found(First with { EndedAt = Ago(10) with { Boot = "another" } }));
        Assert.Null(Found(First with { EndedAt = null })); // of an older version
        Assert.Null(Found(First with { EndedAt = Ago(-10) }));
    }

    [Fact]
    public void While_it_runs_it_is_waited_for() => Assert.Equal("1", Found(First with { State = OperationState.Running, EndedAt = null }, view: View("older")));

    [Fact]
    public void After_another_operation_of_this_agent_it_is_meant() =>
        Assert.Null(Found(First, later: First with { Id = "2", Request = RequestForm.Write(new StartAll("n1")), Call = null }));

    [Fact]
    public void After_another_agent_has_acted_it_is_meant() => Assert.Null(Found(First, view: View("2")));

    [Theory]
    [InlineData(RecoveryState.Completed, "1"), InlineData(RecoveryState.Running, "1"), InlineData(RecoveryState.Undone, null), InlineData(RecoveryState.Reported, null)]
    public void One_that_was_taken_up_counts_by_what_came_of_it(RecoveryState state, string? found) => Assert.Equal(found, Found(
        First with { State = OperationState.Interrupted, EndedAt = null, Recovery = new() { State = state, Message = "", Operation = "2" } },
        view: View("2"), later: First with { Id = "2", Resumes = "1", Call = null }));

    [Fact]
    public void What_no_agent_that_lives_can_answer_is_unheard()
    {
        Assert.True(RepeatRules.Lost(new() { From = "10.0.0.1" })!.Unheard);
        Assert.False(RepeatRules.Lost(new() { Key = "k" })!.Unheard); // it was answered at once
    }
}
