using System.Text;
using PgHa.Agent.Leadership;

namespace PgHa.Agent.Tests.Leadership;

/// <summary>Which nodes prove that nothing that was acknowledged is elsewhere, and what stands in etcd.</summary>
[Trait("Category", "Fast")]
public class SyncRecordTests
{
    private static readonly SyncRecord Two = new() { Epoch = 3, Holder = "a", Set = new(["c", "b"], 1) };

    [Theory]
    [InlineData("a", true), InlineData("b", false), InlineData("b c", true), InlineData("c d", false), InlineData("", false)]
    public void The_holder_proves_it_or_so_many_voters_that_no_other_ones_can_have_acknowledged(string seen, bool proven) =>
        Assert.Equal(proven, Two.IsProvenBy(seen.Split(' ')));

    [Fact]
    public void Of_more_needed_voters_fewer_prove_it()
    {
        var record = Two with { Set = new(["b", "c", "d"], 2) };
        Assert.True(record.IsProvenBy(["b", "d"]));
        Assert.False(record.IsProvenBy(["b"]));
        Assert.True((record with { Set = new(["b", "c"], 2) }).IsProvenBy(["b"]));
    }

    [Fact]
    public void Nobody_but_the_holder_proves_it_where_it_counts_on_nobody()
    {
        var first = SyncRecord.First("a", 1);
        Assert.True(first.IsProvenBy(["a"]));
        Assert.False(first.IsProvenBy(["b", "c"]));
        Assert.True((first with { GivenUp = true }).IsProvenBy(["b"]));
    }

    [Fact]
    public void Who_leaves_does_not_count_and_no_fewer_nodes_elect()
    {
        Assert.Equal(SyncSet.None with { }, Two.Without("b").Without("c").Set);
        Assert.False(Two.Without("b").IsProvenBy(["c"]));
        Assert.Equal(Two, Two.Without("d"));
    }

    [Theory]
    [InlineData("b", 1, true), InlineData("b c", 1, true), InlineData("b c", 2, true), InlineData("b d", 1, false), InlineData("b d", 2, true), InlineData("", 0, false)]
    public void A_setting_is_covered_where_each_acknowledgement_has_enough_voters(string names, int needed, bool covered) =>
        Assert.Equal(covered, Two.Set.Covers(new(names.Split(' ', StringSplitOptions.RemoveEmptyEntries), needed)));

    [Fact]
    public void It_is_read_as_it_was_written()
    {
        Assert.Equal("""{"epoch":3,"holder":"a","set":{"voters":["b","c"],"needed":1},"given_up":false}""", Encoding.UTF8.GetString(Two.Write()));
        Assert.Equal(Two, SyncRecord.Read(Two.Write()));
        Assert.Equal(Two, SyncRecord.Read("""{"epoch":3,"holder":"a","set":{"voters":["c","b"],"needed":1},"later":true}"""u8));
    }

    [Theory]
    [InlineData(""), InlineData("{}"), InlineData("""{"epoch":3,"holder":"a"}"""), InlineData("""{"epoch":0,"holder":"a","set":{"voters":[],"needed":0}}""")]
    [InlineData("""{"epoch":3,"holder":"a","set":{"voters":["b"],"needed":2}}"""), InlineData("""{"epoch":3,"holder":"a","set":{"voters":["b"],"needed":-1}}""")]
    [InlineData("""{"epoch":3,"holder":"","set":{"voters":[],"needed":0}}"""), InlineData("""{"epoch":3,"holder":"a","set":null}"""), InlineData("""{"epoch":3,"holder":"a","set":{"voters":null,"needed":0}}""")]
    [InlineData("""{"epoch":3,"holder":"a","set":{"voters":[null],"needed":1}}"""), InlineData("""{"epoch":3,"holder":"a","set":{"needed":0}}""")]
    public void What_is_no_record_is_not_taken_for_one(string written) => Assert.Null(SyncRecord.Read(Encoding.UTF8.GetBytes(written)));
}
