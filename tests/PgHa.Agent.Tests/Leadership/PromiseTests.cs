using PgHa.Agent.Leadership;

namespace PgHa.Agent.Tests.Leadership;

/// <summary>What a node has promised a holder that serves without etcd: who, for how long, through restarts and boots, on clocks that differ.</summary>
[Trait("Category", "Fast")]
public sealed class PromiseTests : IDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private readonly string _folder = Directory.CreateTempSubdirectory("pgha-promise-").FullName;
    private TimeSpan _now = TimeSpan.FromSeconds(100);

    private string Path => System.IO.Path.Combine(_folder, "promise.json");

    private PromiseFile File => new(Path);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private OwnPromise Begin(string boot = "b1") => new(File, boot, () => _now);

    /// <summary>Whoever asked counts from before it asked, on its clock; whoever promised from after that, on its own. Clocks run by up to half a percent wrong, each way.</summary>
    [Fact]
    public void The_holder_never_counts_on_a_promise_that_has_lapsed()
    {
        double[] rates = [0.995, 1, 1.005];
        foreach (var (holder, other) in from h in rates from o in rates select (h, o))
            foreach (var late in (double[])[0, 0.001, 0.4, 3])
                foreach (var seconds in (double[])[2, 4, 8, 300])
                {
                    const double asked = 1000;
                    var holding = Held(TimeSpan.FromSeconds(asked * holder)).Hear(TimeSpan.FromSeconds(asked * holder), TimeSpan.FromSeconds(seconds), ["n2"]);
                    var promise = Promise.After(null, Wanted(seconds), TimeSpan.FromSeconds((asked + late) * other));
                    var counts = holding.Consent!.Until.TotalSeconds / holder;
                    var holds = TimeSpan.FromTicks(promise.UntilTicks).TotalSeconds / other;
                    Assert.True(counts < holds, $"{holder} {other} {late} {seconds}");
                }
    }

    [Fact]
    public void One_that_holds_is_never_made_shorter_to_whomever_it_was_given()
    {
        foreach (var (first, second, between) in from f in (double[])[1, 4, 9] from s in (double[])[1, 4, 9] from b in (double[])[0, 2, 5, 20] select (f, s, b))
        {
            var one = Promise.After(null, Wanted(first), _now);
            var then = _now + TimeSpan.FromSeconds(between);
            var both = Promise.After(one, Wanted(second) with { To = "n3", Epoch = 8 }, then);
            Assert.Equal(("n3", 8L), (both.To, both.Epoch));
            Assert.Equal(Math.Max(one.Stands(then) ? one.UntilTicks : 0, (then + (1.01 * TimeSpan.FromSeconds(second))).Ticks), both.UntilTicks);
            foreach (var moment in Enumerable.Range(0, 40).Select(i => _now + (i * 0.5 * Second)))
                Assert.True(!(one.Stands(moment) && one.Stands(then)) || both.Stands(moment), $"{first} {second} {between} {moment}");
        }
    }

    [Fact]
    public void It_outlives_a_restart_of_the_agent_and_begins_anew_after_a_boot()
    {
        Assert.Null(Begin().Give("n1", 7, 4 * Second));
        _now += 3 * Second;
        var same = Begin();
        Assert.Equal(("n1", 7L), (same.Standing?.To, same.Standing?.Epoch));
        Assert.Equal(1.04, same.Left.TotalSeconds, 3);
        _now = 50 * Second; // the machine was started anew: its clock begins again
        Assert.Equal(4.04, Begin("b2").Left.TotalSeconds, 3);
        _now += 4 * Second;
        Assert.Equal(0.04, Begin("b2").Left.TotalSeconds, 3); // not once more in the same boot
        _now += Second;
        Assert.Null(Begin("b2").Standing);
        _now = Second;
        Assert.Equal(4.04, Begin("b3").Left.TotalSeconds, 3); // nobody took the file away: after a boot nothing tells how long that is ago
    }

    [Fact]
    public void One_that_has_lapsed_is_taken_away_so_that_no_boot_lets_it_begin_anew()
    {
        var promise = Begin();
        promise.Give("n1", 7, 4 * Second);
        promise.ForgetLapsed();
        Assert.NotNull(promise.Standing);
        _now += 4.05 * Second;
        Assert.Null(promise.Standing);
        promise.ForgetLapsed();
        Assert.False(System.IO.File.Exists(Path));
        Assert.Null(Begin("b2").Standing);
    }

    [Fact]
    public void A_clock_that_the_file_does_not_fit_makes_it_no_longer_than_it_was_given()
    {
        File.Write(Wanted(4) with { Boot = "b1", UntilTicks = long.MaxValue });
        Assert.Equal(4.04, Begin().Left.TotalSeconds, 3);
    }

    [Theory]
    [InlineData("{"), InlineData("null"), InlineData("{}"), InlineData(""), InlineData("""{"to":"n1","epoch":7,"boot":"b1","until_ticks":1,"for_milliseconds":0}""")]
    public void What_cannot_be_read_may_have_been_promised_to_anybody_for_as_long_as_anything_is(string content)
    {
        System.IO.File.WriteAllText(Path, content);
        var promise = Begin();
        Assert.NotNull(promise.Problem);
        Assert.Equal(Promise.Unknown, promise.Standing?.To);
        Assert.Equal(303, promise.Left.TotalSeconds, 3);
        _now += 300 * Second;
        Assert.Equal(3, Begin().Left.TotalSeconds, 3); // a restart of the agent does not let it begin anew
    }

    [Fact]
    public void What_could_not_be_written_is_not_promised_and_holds_all_the_same()
    {
        var promise = Begin();
        Directory.CreateDirectory(Path); // nothing can be renamed over it
        Assert.NotNull(promise.Give("n1", 7, 4 * Second));
        Assert.NotNull(promise.Standing);
    }

    private static Promise Wanted(double seconds) => new() { To = "n1", Epoch = 7, Boot = "b1", UntilTicks = 0, ForMilliseconds = (int)(1000 * seconds) };

    private static Holding Held(TimeSpan at)
    {
        var own = new PrimaryRecord { Node = "n1", Epoch = 7, Boot = "b", Run = "r", Counter = 1, DMilliseconds = 4000, Since = DateTimeOffset.UnixEpoch, Timeline = 1 };
        var (holding, attempt) = Holding.Take(own, new(1, null)).Send(at, 4 * Second);
        return holding.Hear(attempt, new RecordAnswer.Swapped(2)).Holding;
    }
}
