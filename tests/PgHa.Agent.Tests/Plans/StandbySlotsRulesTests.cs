using PgHa.Agent.Plans;

namespace PgHa.Agent.Tests.Plans;

/// <summary>What synchronized_standby_slots has to be on a node before it becomes primary.</summary>
[Trait("Category", "Fast")]
public class StandbySlotsRulesTests
{
    private static readonly Dictionary<string, string> Slots = new() { ["n1"] = "pgha_n1", ["n2"] = "pgha_n2", ["n3"] = "pgha_n3" };

    [Theory]
    [InlineData("n2", "pgha_n2", "", "pgha_n1")]
    [InlineData("n2", "pgha_n2", "pgha_n1", null)]
    [InlineData("n2", "pgha_n2, pgha_n3", "", "pgha_n1, pgha_n3")]
    [InlineData("n2", "\"pgha_n2\",pgha_n3", "pgha_n1,pgha_n3", null)]
    [InlineData("n3", "pgha_n2", "", "pgha_n2")]
    [InlineData("n2", "pgha_n1, pgha_n2", "pgha_n2", "pgha_n1")]
    [InlineData("n2", "", "pgha_n1", "")]
    [InlineData("n2", "pgha_n2, pgha_left", "pgha_n1, pgha_left", "pgha_n1")] // a node that has left the configuration
    public void A_standby_has_the_primarys_with_the_two_of_them_exchanged(string node, string primarys, string own, string? expected) =>
        Assert.Equal(expected, For(node, primarys, own));

    [Theory]
    [InlineData("pgha_n2", null)]
    [InlineData("pgha_n1, pgha_n2", "pgha_n2")]
    [InlineData("pgha_n1", "")]
    [InlineData("pgha_left, pgha_n3", "pgha_n3")]
    public void A_primary_does_not_wait_for_a_slot_of_its_own(string primarys, string? expected) => Assert.Equal(expected, For("n1", primarys, primarys));

    [Theory]
    [InlineData("", "standby")]
    [InlineData("standby, pgha_n2", "")]
    [InlineData("pgha_n2", "standby")]
    [InlineData(null, "pgha_n1")]
    [InlineData("pgha_n2", null)]
    public void What_is_not_of_our_slots_or_not_known_is_left_alone(string? primarys, string? own) => Assert.Null(For("n2", primarys, own));

    [Theory]
    [InlineData("pgha_n1, pgha_n3", new[] { "n3" }, "n1")]
    [InlineData("pgha_n3", new[] { "n3" }, null)]
    [InlineData("", new string[0], null)]
    public void Consumers_that_will_wait_are_named_before_a_node_becomes_primary(string own, string[] following, string? away)
    {
        var view = Sketch.View(Condition.Primary, Condition.Standby, Condition.Standby);
        var said = StandbySlotsRules.Evidence("n2", new([.. view.Nodes.Select(n => n with { Sql = n.Sql! with { SynchronizedStandbySlots = own } })]), following);
        Assert.Equal(away is null ? [] : [new ConsumersWait("n2", [away])], said);
    }

    private static string? For(string node, string? primarys, string? own)
    {
        var view = Sketch.View(Condition.Primary, Condition.Standby, Condition.Standby);
        return StandbySlotsRules.For(node, new([.. view.Nodes.Select(n => n with
        {
            Sql = n.Sql! with { SynchronizedStandbySlots = n.Node == "n1" ? primarys : own },
        })]), Slots);
    }
}
