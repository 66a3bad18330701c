using PgHa.Agent.Cluster;
using PgHa.Agent.Tests.Plans;
using PgHa.Client.Facts;
using PgHa.Formats;

namespace PgHa.Agent.Tests.Cluster;

[Trait("Category", "Fast")]
public sealed class CommonWalTests
{
    private static readonly Lsn End = new(0x3000000);
    private static readonly WalAncestry Same = new("n1", "n2", WalKinship.Identical, End, new WalNotAsked("n1"));

    [Theory]
    [InlineData("n1", "n2"), InlineData("n2", "n1")]
    public void What_was_compared_is_remembered_whichever_is_asked_about_the_other(string one, string other)
    {
        var known = new CommonWal();
        known.Remember(At(one), At(other), Same);
        Assert.Equal((End, End), (known.Upto(At(one), At(other)), known.Upto(At(other), At(one))));
        Assert.True(known.Forget(At(other), At(one)));
        Assert.Equal(Lsn.Zero, known.Upto(At(one), At(other)));
    }

    [Theory]
    [InlineData("n1", "n2"), InlineData("n2", "n1")]
    public void A_start_of_either_node_makes_it_forgotten(string one, string other)
    {
        var known = new CommonWal();
        known.Remember(At("n1"), At("n2"), Same);
        Assert.Equal(Lsn.Zero, known.Upto(At(one) with { Run = "another" }, At(other)));
        Assert.Equal(Lsn.Zero, known.Upto(At(one), At(other) with { Run = "another" }));
    }

    /// <summary>The node on the newer timeline may have either name.</summary>
    [Theory]
    [InlineData("n1", "n2"), InlineData("n2", "n1")]
    public void A_standby_that_is_on_the_older_timeline_still_is_known(string primary, string standby)
    {
        var known = new CommonWal();
        var promoted = At(primary, new TimelineSpan(new(1), Lsn.Zero, End), new(new(2), End, null));
        known.Remember(promoted, At(standby), Same);
        Assert.Equal(End, known.Upto(At(standby), promoted));
    }

    private static WalPosition At(string node, params TimelineSpan[] lineage) =>
        Sketch.Position(node, lineage is [] ? [new TimelineSpan(new(1), Lsn.Zero, null)] : lineage) with { Run = $"run of {node}", End = End };
}
