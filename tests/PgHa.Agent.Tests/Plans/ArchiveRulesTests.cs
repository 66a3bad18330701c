using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;

namespace PgHa.Agent.Tests.Plans;

/// <summary>What a promotion waits for is named (fact 17), and an archive that leads elsewhere is refused.</summary>
[Trait("Category", "Fast")]
public class ArchiveRulesTests
{
    [Fact]
    public void Each_thing_that_holds_a_promotion_back_is_named()
    {
        Assert.Empty(ArchiveRules.Named(Sketch.Node("n2", Condition.Standby)));
        Assert.Empty(ArchiveRules.Named(Sketch.Node("n2", Condition.StoppedAsStandby)));
        Assert.Equal(
            [new ReplayIsPaused("n2"), new ReplayIsDelayed("n2", "1h"), new AsksArchive("n2"), new EndsWithCommand("n2")],
            ArchiveRules.Named(Held(new(Paused: true, AsksArchive: true, EndsWithCommand: true, Delay: "1h"))));
    }

    [Fact]
    public void The_plans_that_promote_name_it()
    {
        var held = Held(new(false, AsksArchive: true, false, null));
        var view = new ClusterView([Sketch.Node("n1", Condition.Primary), held]);
        var switchover = Sketch.Decide(new Switchover("n1", StopOrder.PrimaryFirst) { By = SwitchoverForm.Promote }, view, Sketch.Wal(view, "n1", _ => WalKinship.Identical));
        Assert.Contains(new AsksArchive("n2"), Assert.IsType<Plan>(switchover).Evidence);
        view = new([Sketch.Node("n1", Condition.StoppedAsPrimary), held]);
        var failover = Sketch.Decide(new Failover("n2", FailoverForm.Promote), view, Sketch.Wal(view, "n2", _ => WalKinship.Identical));
        Assert.Contains(new AsksArchive("n2"), Assert.IsType<Plan>(failover).Evidence);
    }

    [Theory]
    [InlineData("cp /a/%f \"%p\"", "cp /a/00000002.history \"/s/t\"")]
    [InlineData("get %r %f", "get 000000010000000000000003 00000002.history")]
    [InlineData("date +%%s; %x %", "date +%s; %x %")]
    public void A_command_is_filled_as_the_server_does(string command, string filled) =>
        Assert.Equal(filled, ArchiveRules.Fill(command, "00000002.history", "/s/t", "000000010000000000000003"));

    [Theory]
    [InlineData("1\t0/2FFFFFF\tabandoned\n", null)]
    [InlineData("1\t0/3000000\tno recovery target\n", Code.WalNotProven)]
    [InlineData("1\t0/9000000\tof somebody else\n", Code.WalNotProven)]
    [InlineData("", Code.WalNotProven)]
    [InlineData("1\t0/2000000", Code.WalNotProven)]
    public void A_timeline_is_refused_only_where_it_would_be_followed(string history, Code? code) =>
        Assert.Equal(code, ArchiveRules.RefuseFollowing("n2", new(2, history), new(1), new(0x3000000))?.Code);

    [Theory]
    [InlineData("1\t0/3000000\tno recovery target\n", null)]
    [InlineData("1\t0/2000000\tof a promotion that was given up\n", Code.WalNotProven)]
    [InlineData("1\t0/FF000000\tof somebody else\n", Code.WalNotProven)]
    [InlineData("nothing", Code.WalNotProven)]
    public void A_start_in_recovery_goes_only_for_a_timeline_that_some_node_went_through(string history, Code? code)
    {
        var next = new NextStart { Node = "n2", Obstacles = [], Archived = new(2, history) };
        Assert.Equal(code, ArchiveRules.RefuseStart(next, "n1", Wal(Sketch.Position("n1", new TimelineSpan(new(1), Lsn.Zero, new Lsn(0x3000000)), new(new(2), new(0x3000000), null))))?.Code);
        Assert.Null(ArchiveRules.RefuseStart(next, "n1", WalView.None));
        Assert.Equal(Code.WrongState, ArchiveRules.RefuseStart(next with { Archived = null, ArchiveEndedWith = 127 }, "n1", WalView.None)?.Code);
        Assert.Null(ArchiveRules.RefuseStart(next with { Archived = null }, "n1", Wal(Sketch.Position("n1", new TimelineSpan(new(1), Lsn.Zero, null)))));
    }

    /// <summary>A fork that is given up does not make its timeline the right one.</summary>
    [Theory]
    [InlineData(WalKinship.Identical, true), InlineData(WalKinship.Behind, true), InlineData(WalKinship.Ahead, true), InlineData(WalKinship.Forked, false), InlineData(WalKinship.NotProvable, false)]
    public void Nor_for_one_that_only_a_node_went_through_whose_WAL_parts_from_the_primarys(WalKinship kinship, bool right)
    {
        var next = new NextStart { Node = "n3", Obstacles = [], Archived = new(2, "1\t0/3000000\tno recovery target\n") };
        var primary = Sketch.Position("n1", new TimelineSpan(new(1), Lsn.Zero, null));
        var other = Sketch.Position("n2", new TimelineSpan(new(1), Lsn.Zero, new Lsn(0x3000000)), new(new(2), new(0x3000000), null));
        var wal = new WalView("n1", new Dictionary<string, Answer<WalPosition>> { ["n1"] = primary, ["n2"] = other },
            new Dictionary<string, WalAncestry> { ["n2"] = new("n2", "n1", kinship, new(0x3000000), new WalNotAsked("n2")) });
        var refused = ArchiveRules.RefuseStart(next, "n1", wal);
        Assert.Equal(right, refused is null);
        if (!right) Assert.Contains("which n2 went through, and n1 did not go through", refused!.Message, StringComparison.Ordinal);
        Assert.Null(ArchiveRules.RefuseStart(next, "n2", wal with { Focus = "n2", Ancestry = new Dictionary<string, WalAncestry>() }));
    }

    [Fact]
    public void A_copy_goes_for_whatever_the_archive_holds_beyond_the_timeline_of_its_source()
    {
        Assert.Null(ArchiveRules.RefuseCopy("n2", "n1", null));
        Assert.Contains("holds timeline 2, which n1 did not go through", ArchiveRules.RefuseCopy("n2", "n1", new(2, "1\t0/3000000\tgiven up\n"))!.Message, StringComparison.Ordinal);
    }

    private static WalView Wal(WalPosition position) =>
        new(position.Node, new Dictionary<string, Answer<WalPosition>> { [position.Node] = position }, new Dictionary<string, WalAncestry>());

    private static NodeObservation Held(ReplayFacts held)
    {
        var node = Sketch.Node("n2", Condition.Standby);
        return node with { Sql = node.Sql! with { Held = held } };
    }
}
