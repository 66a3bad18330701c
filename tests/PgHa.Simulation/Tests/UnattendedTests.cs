namespace PgHa.Simulation;

/// <summary>Automatic failover: the real rules, hold on the record and plans, with simulated servers, guards, clocks and etcd.</summary>
public sealed class UnattendedTests(ITestOutputHelper output)
{
    private const int Usual = 500, Many = 5000;

    [Fact]
    public void Nothing_is_found() =>
        SimulationTests.Play(output, Settings.Seed ?? 1, Settings.Schedules ?? (Settings.For is null ? Usual : int.MaxValue), Settings.For ?? TimeSpan.FromMinutes(10), Schedule.OfAutomatic);

    [Fact]
    [Trait("Category", "Long")]
    public void Nothing_is_found_in_many_schedules() => SimulationTests.Play(output, 1_000_000, Many, TimeSpan.FromMinutes(20), Schedule.OfAutomatic);

    /// <summary>The schedules of those in which commits wait for standbys.</summary>
    [Fact(Explicit = true)]
    public void Nothing_is_found_where_commits_wait() =>
        SimulationTests.Play(output, (Settings.Seed ?? 1) / 5, Settings.Schedules ?? Usual, Settings.For ?? TimeSpan.FromHours(2), n => Schedule.OfAutomatic((n * 5) + 1));

    [Theory]
    [InlineData(1), InlineData(7)]
    public void A_seed_is_played_alike_each_time(int seed)
    {
        var first = Schedule.OfAutomatic(seed).Play(trace: true);
        Assert.NotEmpty(first.Trace);
        Assert.Equal(first.Trace, Schedule.OfAutomatic(seed).Play(trace: true).Trace);
    }

    /// <summary>Shows what happens in the schedule of a seed.</summary>
    [Fact(Explicit = true)]
    public void Show() => output.WriteLine(string.Join('\n', Schedule.OfAutomatic(Settings.Seed ?? 1).Play(trace: true).Trace));
}
