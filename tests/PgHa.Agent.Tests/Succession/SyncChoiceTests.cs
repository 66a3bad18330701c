using PgHa.Agent.Configuration;
using PgHa.Agent.Leadership;
using PgHa.Agent.Succession;

namespace PgHa.Agent.Tests.Succession;

/// <summary>Which standbys commits wait for.</summary>
[Trait("Category", "Fast")]
public class SyncChoiceTests
{
    private static readonly string[] Others = ["n2", "n3", "n4"];
    private static readonly SyncStandby N2 = new("n2", true, true, 0), N3 = new("n3", true, true, 0), N4 = new("n4", true, true, 5);

    private static SyncSet Wanted(SyncMode mode, SyncSet inForce, params SyncStandby[] standbys) => SyncChoice.Wanted(mode, inForce, null, standbys, Others);

    [Fact]
    public void The_one_that_was_chosen_stays_while_it_lives()
    {
        Assert.Equal(new(["n4"], 1), Wanted(SyncMode.On, SyncSet.None, N2, N3, N4));
        Assert.Equal(new(["n2"], 1), Wanted(SyncMode.On, new(["n2"], 1), N2, N3, N4));
        Assert.Equal(new(["n4"], 1), Wanted(SyncMode.On, new(["n2"], 1), N3, N4));
        Assert.Equal(new(["n4"], 1), Wanted(SyncMode.On, new(["n2"], 1), N2 with { Lives = false }, N3, N4));
    }

    [Fact]
    public void One_that_could_not_take_the_place_is_chosen_only_where_no_other_lives()
    {
        Assert.Equal(new(["n2"], 1), Wanted(SyncMode.On, SyncSet.None, N2, N4 with { Eligible = false }));
        Assert.Equal(new(["n4"], 1), Wanted(SyncMode.On, SyncSet.None, N4 with { Eligible = false }));
        Assert.Equal(new(["n3"], 1), SyncChoice.Wanted(SyncMode.On, SyncSet.None, new(["n3"], 1), [N2, N3, N4], Others)); // it has everything already
    }

    [Theory]
    [InlineData(SyncMode.On), InlineData(SyncMode.Quorum)]
    public void Where_none_lives_nothing_is_relaxed(SyncMode mode)
    {
        Assert.Equal(new(["n2"], 1), Wanted(mode, new(["n2"], 1)));
        Assert.Equal(new(["n2", "n3"], 2), Wanted(mode, new(["n2", "n3"], 2), N2 with { Lives = false }));
        Assert.Equal(new(Others, 1), Wanted(mode, SyncSet.None));
        Assert.Equal(new(Others, 1), Wanted(mode, new(["somebody"], 1)));
    }

    [Fact]
    public void Of_a_quorum_all_that_live_vote_and_so_many_that_with_the_primary_they_are_more_than_half()
    {
        Assert.Equal(new(["n2"], 1), Wanted(SyncMode.Quorum, SyncSet.None, N2));
        Assert.Equal(new(["n2", "n3"], 1), Wanted(SyncMode.Quorum, SyncSet.None, N2, N3));
        Assert.Equal(new(["n2", "n3", "n4"], 2), Wanted(SyncMode.Quorum, new(["n2"], 1), N2, N3, N4));
    }

    [Fact]
    public void The_text_is_PostgreSQLs_and_what_anybody_could_satisfy_counts_as_nothing()
    {
        Assert.Equal("FIRST 1 (\"n2\")", SyncChoice.Text(new(["n2"], 1)));
        Assert.Equal("ANY 2 (\"n2\", \"n3\", \"n4\")", SyncChoice.Text(new(Others, 2)));
        Assert.Equal("", SyncChoice.Text(SyncSet.None));
        Assert.Equal(new(["n2"], 1), SyncChoice.Parse("n2"));
        Assert.Equal(new(Others, 2), SyncChoice.Parse("ANY 2 (n2, n3, n4)"));
        Assert.All((string[])["", "*", "ANY 1 (n2, *)", "nonsense ("], text => Assert.Equal(SyncSet.None, SyncChoice.Parse(text)));
    }
}
