using PgHa.Agent.Leadership;
using PgHa.Agent.Succession;

namespace PgHa.Agent.Tests.Leadership;

/// <summary>What pledges allow, over every subset of them in small clusters.</summary>
[Trait("Category", "Fast")]
public class RevocationTests
{
    private static readonly PrimaryRecord Record = new()
    {
        Node = "a", Epoch = 3, Boot = "b", Run = "r", Counter = 1, DMilliseconds = 8000, Since = DateTimeOffset.UnixEpoch, Timeline = 2, Revocable = true,
    };

    private static readonly string[] Names = ["b", "c", "d"];

    [Fact]
    public void Exactly_so_many_voters_suffice_that_no_others_can_acknowledge()
    {
        for (var voters = 1; voters <= 3; voters++)
            for (var needed = 1; needed <= voters; needed++)
                for (var set = 0; set < 8; set++)
                {
                    var pledged = Names.Where((_, i) => (set & (1 << i)) != 0).ToArray();
                    var others = Names.Take(voters).Count(v => !pledged.Contains(v));
                    var revocation = Revocation.Of(Record, 7, Sync(needed, Names[..voters]), 8, pledged.Select((p, i) => Seen(p, 100)));
                    Assert.Equal(others < needed, revocation is not null);
                    Assert.True(revocation is null || (revocation.After.Epoch, revocation.After.Holder) == (4, "a"));
                }
    }

    [Fact]
    public void Everything_is_then_on_each_of_those_that_have_the_most()
    {
        var after = Revocation.Of(Record, 7, Sync(1, "b", "c", "d"), 8, [Seen("b", 90), Seen("c", 100), Seen("d", 100)])!.After;
        Assert.True(after.IsProvenBy(["c"]) && after.IsProvenBy(["d"]) && after.IsProvenBy(["a"]) && !after.IsProvenBy(["b"]));
    }

    [Fact]
    public void What_is_not_a_pledge_for_this_turn_does_not_count()
    {
        Assert.NotNull(Of(Record, Sync(1, "b"), Seen("b", 1)));
        Pledge pledge = Seen("b", 1).Pledge;
        foreach (var other in new[] { pledge with { Withdrawn = true }, pledge with { Epoch = 3 }, pledge with { Epoch = 5 }, pledge with { Timeline = 1 }, pledge with { Node = "c" } })
            Assert.Null(Of(Record, Sync(1, "b"), new(other, 9)));
        foreach (var record in new[] { Record with { Revocable = false }, Record with { Released = true }, Record with { Manual = true }, Record with { Epoch = 2 }, Record with { Node = "b" } })
            Assert.Null(Of(record, Sync(1, "b"), Seen("b", 1)));
        foreach (var sync in new[] { Sync(1, "b") with { GivenUp = true }, Sync(0, "b"), Sync(0), null })
            Assert.Null(Of(Record, sync, Seen("b", 1)));
    }

    [Fact]
    public void A_pledge_is_read_as_it_was_written_and_nothing_else_is_one()
    {
        var pledge = Seen("b", 0x3000000).Pledge;
        Assert.Equal(pledge, Pledge.Read(pledge.Write()));
        Assert.Null(Pledge.Read("{}"u8));
        Assert.Null(Pledge.Read((pledge with { Epoch = 0 }).Write()));
        Assert.True(PrimaryRecord.Read(Record.Write()) is { Revocable: true });
    }

    [Fact]
    public void A_pledge_is_taken_back_soon_and_not_given_again_at_once()
    {
        var order = new PledgeOrder(4, "a", 7, 2);
        Assert.False(PledgeRules.IsOver((order, TimeSpan.FromSeconds(1)), Record, 7));
        Assert.True(PledgeRules.IsOver((order, TimeSpan.FromSeconds(5.1)), Record, 7));
        Assert.True(PledgeRules.IsOver((order, TimeSpan.Zero), Record, 8)); // the primary has renewed its record
        Assert.True(PledgeRules.IsOver((order, TimeSpan.Zero), Record with { Manual = true }, 7));
        Assert.True(PledgeRules.IsOver(null, Record, 7)); // an earlier run of the agent pledged
        TimeSpan? pause = null;
        for (var time = 0; time < 8; time++)
            pause = PledgeRules.Pause(pause);
        Assert.Equal((TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(5)), (PledgeRules.Pause(null), pause));
    }

    private static Revocation? Of(PrimaryRecord record, SyncRecord? sync, PledgeSeen pledge) => Revocation.Of(record, 7, sync, 8, [pledge]);

    private static SyncRecord Sync(int needed, params string[] voters) => new() { Epoch = 3, Holder = "a", Set = new(voters, needed) };

    private static PledgeSeen Seen(string node, ulong end) => new(new() { Node = node, Epoch = 4, Timeline = 2, End = end }, 9);
}
