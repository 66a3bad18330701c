using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;

namespace PgHa.Agent.Tests.Plans;

/// <summary>What becomes of synchronous_standby_names when the primary changes.</summary>
[Trait("Category", "Fast")]
public class SyncRulesTests
{
    [Theory]
    [InlineData("n2", "FIRST 1 (\"n2\")")]
    [InlineData("FIRST 2 (n2, n3)", "FIRST 2 (\"n2\", \"n3\")")]
    [InlineData("any 1(\"pg-node02\",n3)", "ANY 1 (\"pg-node02\", \"n3\")")]
    [InlineData(" 2 ( n2 , n3 ) ", "FIRST 2 (\"n2\", \"n3\")")]
    [InlineData("*", "FIRST 1 (*)")]
    [InlineData("ANY 2 (*)", "ANY 2 (*)")]
    [InlineData("\"say \"\"hello\"\"\", 1", "FIRST 1 (\"say \"\"hello\"\"\", \"1\")")]
    public void A_setting_is_read_as_PostgreSQL_reads_it(string text, string read) => Assert.Equal(read, SyncNames.Parse(text)?.ToString());

    [Theory]
    [InlineData(""), InlineData("FIRST (n2)"), InlineData("FIRST 0 (n2)"), InlineData("n2,"), InlineData("pg-node02"), InlineData("ANY 1 n2"), InlineData("\"n2"), InlineData("1 (n2) x"), InlineData("FIRST 99999999999 (n2)")]
    public void Anything_else_is_not_understood(string text) => Assert.Null(SyncNames.Parse(text));

    [Theory]
    [InlineData("FIRST 1 (n2)", "FIRST 1 (\"n1\")")]
    [InlineData("FIRST 1 (N2, n3)", "FIRST 1 (\"n1\", \"n3\")")]
    [InlineData("ANY 1 (n3, n2)", "ANY 1 (\"n3\", \"n1\")")]
    [InlineData("FIRST 1 (n3)", "FIRST 1 (\"n3\")")]
    [InlineData("FIRST 1 (n2, n1)", "FIRST 1 (\"n1\")")]
    [InlineData("*", "FIRST 1 (*)")]
    public void The_new_primarys_place_goes_to_the_old_one(string before, string after) =>
        Assert.Equal(after, SyncNames.Parse(before)!.Turn("n2", "n1").ToString());

    [Theory]
    [InlineData("FIRST 1 (n2)", true), InlineData("FIRST 2 (n2, n3)", false), InlineData("ANY 1 (n3, N1)", true), InlineData("2 (*)", true), InlineData("3 (*)", false), InlineData("elsewhere", false)]
    public void Commits_wait_for_ever_where_too_few_of_those_named_are_attached(string setting, bool satisfied) =>
        Assert.Equal(satisfied, SyncNames.Parse(setting)!.IsSatisfiedBy(["n1", "n2"]));

    [Fact]
    public void In_a_switchover_the_new_primary_gets_the_setting_before_anything_is_stopped()
    {
        foreach (var by in Enum.GetValues<SwitchoverForm>())
        {
            var view = Names(Sketch.View(Condition.Primary, Condition.Standby), 0, "FIRST 1 (n2)");
            var plan = Plan(new Switchover("n1", StopOrder.PrimaryFirst) { By = by }, view);
            var steps = plan.Stages.SelectMany(s => s).ToList();
            var at = steps.IndexOf(new SetSync("n2", "FIRST 1 (\"n1\")", null));
            Assert.InRange(at, 0, steps.FindIndex(s => s is StopServer or HandOver));
            Assert.Contains(new SyncIsSet(new(SyncCauseKind.LastPrimary, "n1", "FIRST 1 (n2)"), "n2", new(SyncMethod.First, 1, ["n1"])), plan.Evidence);
        }
    }

    [Fact]
    public void Nothing_is_done_where_the_target_has_it_already_or_nobody_has_any()
    {
        var view = Names(Names(Sketch.View(Condition.Primary, Condition.Standby), 0, "FIRST 1 (n2)"), 1, "n1");
        Assert.Empty(SyncRules.For("n2", view, ["n1"]).Steps);
        Assert.Equal([], SyncRules.For("n2", Names(Names(view, 0, ""), 1, ""), ["n1"]).Evidence);
        Assert.Empty(SyncRules.For("n2", Names(Names(view, 0, ""), 1, "n1"), ["n1"]).Steps);
    }

    [Fact]
    public void What_is_not_understood_is_named_and_left_alone()
    {
        var verdict = SyncRules.For("n2", Names(Sketch.View(Condition.Primary, Condition.Standby), 0, "FIRST (n2)"), ["n1"]);
        Assert.Empty(verdict.Steps);
        Assert.Equal([new SyncNotUnderstood("n1", "FIRST (n2)")], verdict.Evidence);
    }

    [Fact]
    public void After_a_failover_the_setting_last_seen_counts_and_waits_for_nobody_who_is_away()
    {
        var view = Remembers(Sketch.View(Condition.AgentAway, Condition.Recovering, Condition.Recovering), 1, new("n1", "ANY 1 (n2, n3)"));
        Assert.Equal(new SetSync("n2", "ANY 1 (\"n1\", \"n3\")", null), Assert.Single(SyncRules.For("n2", view, ["n3"]).Steps));
        Assert.Equal(new SetSync("n2", "", "ANY 1 (\"n1\", \"n3\")"), Assert.Single(SyncRules.For("n2", view, []).Steps));
    }

    [Fact]
    public void A_failover_by_promotion_sets_it_before_the_promotion()
    {
        var view = Remembers(Sketch.View(Condition.StoppedDemoted, Condition.Recovering), 1, new("n1", "n2"));
        var plan = Plan(new Failover("n2", FailoverForm.Promote), view);
        Assert.IsType<SetSync>(plan.Stages[0].Single());
        Assert.IsType<PromoteServer>(plan.Stages[1].Single());
    }

    [Fact]
    public void A_setting_that_names_its_own_node_never_becomes_that_of_a_primary() =>
        Assert.Equal(new SetSync("n2", "", null), Assert.Single(SyncRules.For("n2", Names(Sketch.View(Condition.AgentAway, Condition.Recovering), 1, "n2"), []).Steps));

    [Fact]
    public void The_last_primary_keeps_its_own() =>
        Assert.Empty(SyncRules.For("n1", Remembers(Sketch.View(Condition.StoppedAsPrimary, Condition.Recovering), 0, new("n1", "n2")), []).Steps);

    [Fact]
    public void What_a_primary_had_to_do_without_is_not_forgotten()
    {
        var relaxed = new PrimarySync("n1", "FIRST 1 (\"n2\")", Relaxed: true);
        Assert.Equal(relaxed, SyncRules.Remember(relaxed, "n1", ""));
        Assert.Equal(new("n1", "n3"), SyncRules.Remember(relaxed, "n1", "n3"));
        Assert.Equal(new("n2", ""), SyncRules.Remember(relaxed, "n2", ""));
        var view = Remembers(Remembers(Names(Sketch.View(Condition.Primary, Condition.Standby), 0, ""), 0, relaxed), 1, new("n1", ""));
        Assert.Equal(new SetSync("n2", "FIRST 1 (\"n1\")", null), Assert.Single(SyncRules.For("n2", view, ["n1"]).Steps));
    }

    [Theory]
    [InlineData("walreceiver", "walreceiver", "FIRST 1 (\"n1\")")]
    [InlineData("FIRST 1 (nobody, \"15/main\", other)", "15/main", "FIRST 1 (\"nobody\", \"n1\", \"other\")")]
    [InlineData("ANY 1 (\"STANDBY b\")", "standby B", "ANY 1 (\"n1\")")]
    [InlineData("ANY 1 (n1, walreceiver)", "walreceiver", "ANY 1 (\"n1\")")]
    [InlineData("ANY 1 (n2, walreceiver)", "walreceiver", "ANY 1 (\"n1\")")]
    [InlineData("*", "walreceiver", "FIRST 1 (*)")]
    public void The_name_that_the_new_primary_was_given_goes_to_the_old_one_too(string before, string announced, string after)
    {
        var view = Announces(Names(Sketch.View(Condition.Primary, Condition.Standby), 0, before), 1, announced);
        Assert.Equal(new SetSync("n2", after, null), Assert.Single(SyncRules.For("n2", view, ["n1"]).Steps));
    }

    [Theory]
    [InlineData("15/main", "FIRST 2 (\"15/main\", \"n1\")", null)]
    [InlineData(null, "", "FIRST 2 (\"15/main\", \"n1\")")] // what it announces is not known: its own name is not named
    [InlineData("else", "", "FIRST 2 (\"n1\")")]
    public void A_name_that_others_have_too_stays_beside_it(string? third, string after, string? later)
    {
        var view = Announces(Names(Sketch.View(Condition.Primary, Condition.Standby, Condition.Standby), 0, "FIRST 2 (\"15/main\")"), 1, "15/main");
        view = third is null ? view : Announces(view, 2, third);
        Assert.Equal(new SetSync("n2", after, later), Assert.Single(SyncRules.For("n2", view, ["n1", "n3"]).Steps));
    }

    [Fact]
    public void What_the_new_primary_has_of_its_own_is_left_away_until_somebody_has_that_name()
    {
        var view = Names(Names(Sketch.View(Condition.Primary, Condition.Standby), 0, ""), 1, "walreceiver");
        Assert.Equal(new SetSync("n2", "", "FIRST 1 (\"walreceiver\")"), Assert.Single(SyncRules.For("n2", view, ["n1"]).Steps));
        Assert.Empty(SyncRules.For("n2", Announces(view, 0, "walreceiver"), ["n1"]).Steps);
    }

    [Theory]
    [InlineData("15/main", "n2"), InlineData("n2", "n2", "15/main"), InlineData("15/main", "15/main", "\"15/MAIN\""), InlineData("15/main", "n2", "\"15/main\", n2")]
    [InlineData("15/main", "n2", "*"), InlineData("15/main", "n2", "\"15/main2\""), InlineData("15/main", "15/main", "", "FIRST 2 (\"15/main\")")]
    public void A_standby_has_its_own_name_unless_its_primary_waits_for_the_one_it_has(string announced, string wanted, string names = "", string? later = null)
    {
        var view = Names(Sketch.View(Condition.Primary, Condition.Standby), 0, names);
        view = later is null ? view : Remembers(view, 0, new("n1", later, Relaxed: true));
        Assert.Equal(wanted, StandbyNames.Wanted("n2", announced, StandbyNames.WaitedFor(view["n1"])));
    }

    [Fact]
    public void PostgreSQL_announces_the_application_name_else_the_cluster_name_else_walreceiver()
    {
        Assert.Equal("a", StandbyNames.Announced("a", "15/main"));
        Assert.Equal("15/main", StandbyNames.Announced(null, "15/main"));
        Assert.Equal("walreceiver", StandbyNames.Announced(null, ""));
    }

    [Fact]
    public void The_step_can_be_read_back_from_its_call()
    {
        var step = new SetSync("n2", "ANY 1 (\"n1\", *)", "FIRST 1 (\"a&b=c\")");
        var query = step.Path[(step.Path.IndexOf('?', StringComparison.Ordinal) + 1)..].Split('&').Select(p => p.Split('=')).ToDictionary(p => p[0], p => Uri.UnescapeDataString(p[1]));
        Assert.Equal(step, StepPath.Parse("n2", "sync", name => query.GetValueOrDefault(name)));
    }

    private static Plan Plan(ChangeRequest request, ClusterView view) =>
        Assert.IsType<Plan>(Sketch.Decide(request, view, Sketch.Wal(view, Planner.Focus(request, view), _ => WalKinship.Identical)));

    private static ClusterView Names(ClusterView view, int index, string names) => Change(view, index, n => n with { Sql = n.Sql! with { SynchronousStandbyNames = names } });

    private static ClusterView Announces(ClusterView view, int index, string name) => Change(view, index, n => n with { Sql = n.Sql! with { AnnouncedName = name } });

    private static ClusterView Remembers(ClusterView view, int index, PrimarySync last) => Change(view, index, n => n with { PrimarySync = last });

    private static ClusterView Change(ClusterView view, int index, Func<NodeObservation, NodeObservation> change) =>
        new([.. view.Nodes.Select((n, i) => i == index ? change(n) : n)]);
}
