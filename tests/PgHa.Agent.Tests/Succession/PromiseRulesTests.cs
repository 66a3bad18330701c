using PgHa.Agent.Cluster;
using PgHa.Agent.Leadership;
using PgHa.Agent.Plans;
using PgHa.Agent.Succession;
using PgHa.Agent.Tests.Plans;
using PgHa.Client.Operations;

namespace PgHa.Agent.Tests.Succession;

/// <summary>Whether a node promises a holder that cannot ask etcd, and what it does not do while that holds.</summary>
[Trait("Category", "Fast")]
public class PromiseRulesTests
{
    private static readonly StayRequest Wanted = new("n1", 7, "boot1", 4000);
    private static readonly PrimaryRecord Record = new() { Node = "n1", Epoch = 7, Boot = "boot1", Run = "r", Counter = 1, DMilliseconds = 4000, Since = DateTimeOffset.UnixEpoch, Timeline = 1 };

    private static PromiseSights Seen(Condition own = Condition.Standby) =>
        new() { Own = Sketch.View(Condition.AgentAway, own)["n2"], IsSet = true, Agrees = true, KeepsRecord = false, Epoch = 7, Record = Record };

    [Fact]
    public void A_node_that_follows_or_is_stopped_promises_and_also_one_that_was_away_or_has_just_been_started()
    {
        Assert.Null(PromiseRules.Refuse(Seen(), Wanted));
        Assert.Null(PromiseRules.Refuse(Seen(Condition.StoppedAsStandby), Wanted));
        Assert.Null(PromiseRules.Refuse(Seen() with { Record = null, Epoch = 0 }, Wanted));
        Assert.Null(PromiseRules.Refuse(Seen() with { Epoch = 6, Record = Record with { Epoch = 6, Node = "n2" } }, Wanted));
        Assert.Null(PromiseRules.Refuse(Seen() with { Standing = Given("n3", 6) }, Wanted)); // an earlier holder's
        Assert.Null(PromiseRules.Refuse(Seen() with { Standing = Given("n1", 7) }, Wanted));
    }

    public static TheoryData<string> Reasons => [.. Refused.Keys];

    private static Dictionary<string, (PromiseSights Seen, StayRequest Wanted)> Refused => new()
    {
        ["failover.stay_without_etcd is not set"] = (Seen() with { IsSet = false }, Wanted),
        ["another configuration"] = (Seen() with { Agrees = false }, Wanted),
        ["keeps the record itself"] = (Seen() with { KeepsRecord = true }, Wanted),
        ["has pledged that another node may take the record as epoch 8"] = (Seen() with { Pledged = 8 }, Wanted),
        ["later epoch"] = (Seen() with { Epoch = 8 }, Wanted),
        ["has seen a later epoch than 7"] = (Seen() with { Standing = Given("n3", 8) }, Wanted),
        ["nothing to itself"] = (Seen(), Wanted with { Node = "n2" }),
        ["does not hold it in epoch 7"] = (Seen() with { Record = Record with { Node = "n2" } }, Wanted),
        ["n1 does not hold it"] = (Seen() with { Record = Record with { Boot = "boot0" } }, Wanted),
        ["by the record that n2 saw last"] = (Seen() with { Record = Record with { Released = true } }, Wanted),
        ["does not hold it"] = (Seen() with { Record = Record with { Manual = true } }, Wanted),
        ["is no time"] = (Seen(), Wanted with { ForMilliseconds = 0 }),
        ["300001 ms"] = (Seen(), Wanted with { ForMilliseconds = 300_001 }),
    };

    [Theory]
    [MemberData(nameof(Reasons))]
    public void It_refuses_and_says_why(string why)
    {
        var (seen, wanted) = Refused[why];
        var refusal = PromiseRules.Refuse(seen, wanted);
        Assert.Contains(why, refusal?.Message, StringComparison.Ordinal);
        Assert.NotEmpty(refusal!.Hint);
    }

    [Theory]
    [InlineData(Condition.Primary), InlineData(Condition.PrimaryAlone), InlineData(Condition.Frozen), InlineData(Condition.CrashRecovery)]
    public void A_node_that_is_or_may_be_writable_promises_nothing(Condition own) =>
        Assert.Contains("may be, writable itself", PromiseRules.Refuse(Seen(own), Wanted)?.Message, StringComparison.Ordinal);

    /// <summary>Whatever else is known, and whatever anybody answers for: no plan makes another node writable than the one that it was promised to.</summary>
    [Fact]
    public void No_plan_makes_another_node_writable()
    {
        var view = Sketch.View(Condition.Primary, Condition.Standby, Condition.Standby);
        view = new([view.Nodes[0], view.Nodes[1] with { Failover = new() { Epoch = 7, PromisedTo = "n1", PromisedFor = 3.2 } }, view.Nodes[2]]);
        Assert.Null(PromisedRules.Refuse("n1", view));
        foreach (var node in (string[])["n2", "n3"])
        {
            var refusal = PromisedRules.Refuse(node, view);
            Assert.Equal(Code.AnotherWritable, refusal?.Code);
            Assert.Contains("for 3.2 s more", refusal!.Message, StringComparison.Ordinal);
            Assert.Contains("bring etcd back", refusal.Hint, StringComparison.Ordinal);
            var verdict = WritableRules.Judge(node, view, Sketch.Wal(view, node, _ => WalKinship.Identical), [.. view.Nodes.Select(n => new Assurance(n.Node, new WriterIsKnown("n1")))]);
            Assert.Equal((refusal, false), (verdict.Refusal, verdict.Forcible));
            var plan = SwitchoverPlan.For(new Switchover("n1", StopOrder.PrimaryFirst, node), new Mandate(), new PlanFacts(view, Sketch.Wal(view, "n1", _ => WalKinship.Identical)));
            Assert.Equal(refusal, plan.Refusal);
        }
    }

    private static Promise Given(string to, long epoch) => new() { To = to, Epoch = epoch, Boot = "b", UntilTicks = 1, ForMilliseconds = 4000 };
}
