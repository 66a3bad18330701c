using PgHa.Agent.Leadership;

namespace PgHa.Agent.Tests.Leadership;

[Trait("Category", "Fast")]
public sealed class RecordSightTests
{
    private static readonly TimeSpan D = TimeSpan.FromSeconds(6);

    private static RecordAnswer.Stands Stands(long epoch, long revision) =>
        new(new() { Node = "n1", Epoch = epoch, Boot = "b", Run = "r", Counter = revision, DMilliseconds = (int)D.TotalMilliseconds, Since = DateTimeOffset.UnixEpoch, Timeline = 1 }, revision);

    /// <summary>An etcd that was made anew counts from the beginning: the sight of the old one would have run out for each record in the new one, also a fresh one.</summary>
    [Theory]
    [InlineData(3), InlineData(20), InlineData(21)]
    public void A_later_epoch_is_newer_whatever_its_revision(long revision)
    {
        var old = RecordSight.After(null, Stands(1, 20), TimeSpan.Zero);
        var now = 10 * D;
        Assert.True(old.HasRunOut(now));
        var anew = RecordSight.After(old, Stands(3, revision), now);
        Assert.True(anew.Is(Stands(3, revision)));
        Assert.False(anew.HasRunOut(now));
        Assert.Same(anew, RecordSight.After(anew, Stands(1, 1000), now)); // a late answer
        Assert.False(old.Is(Stands(3, revision)));
    }

    [Fact]
    public void Within_an_epoch_the_revision_tells_and_the_first_moment_stays()
    {
        var first = RecordSight.After(null, Stands(1, 20), TimeSpan.Zero);
        Assert.Same(first, RecordSight.After(first, Stands(1, 20), D));
        Assert.Same(first, RecordSight.After(first, Stands(1, 19), D));
        Assert.Equal(D, RecordSight.After(first, Stands(1, 21), D).SeenAt);
    }
}
