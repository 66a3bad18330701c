namespace PgHa.Simulation;

public sealed class SimulationTests(ITestOutputHelper output)
{
    /// <summary>Those of every run, and of each developer's.</summary>
    private const int Usual = 3000;

    private const int Many = 20000;

    [Fact]
    public void Nothing_is_found() => Play(Settings.Seed ?? 1, Settings.Schedules ?? (Settings.For is null ? Usual : int.MaxValue), Settings.For ?? TimeSpan.FromMinutes(10));

    [Fact]
    [Trait("Category", "Long")]
    public void Nothing_is_found_in_many_schedules() => Play(1_000_000, Many, TimeSpan.FromMinutes(20));

    /// <summary>The same seed is the same schedule, to the event: else a finding could not be played again.</summary>
    [Theory]
    [InlineData(1), InlineData(7), InlineData(23)]
    public void A_seed_is_played_alike_each_time(int seed)
    {
        var first = Schedule.Of(seed).Play(trace: true);
        Assert.NotEmpty(first.Trace);
        Assert.Equal(first.Trace, Schedule.Of(seed).Play(trace: true).Trace);
    }

    private void Play(int first, int most, TimeSpan within) => Play(output, first, most, within, Schedule.Of);

    internal static void Play(ITestOutputHelper output, int first, int most, TimeSpan within, Func<int, Schedule> of)
    {
        var campaign = new Campaign(first, most, within, of);
        var found = campaign.Run();
        output.WriteLine(campaign.Words);
        TestContext.Current.SendDiagnosticMessage(campaign.Words);
        if (found is not var (seed, finding))
        {
            Assert.True(campaign.Played == most || Settings.For is not null, campaign.Words);
            return;
        }
        var shrunk = Settings.Schedules is null ? Shrinking.Shrink(of(seed)) : of(seed); // else only whether it is found matters
        var trace = shrunk.Play(trace: true);
        Assert.Fail($"seed {seed}: {finding}\n{Settings.Names.Seed}={of(seed).Seed} begins with it. Its {shrunk.Moves.Count} moves that are needed, {shrunk.Nodes} nodes: {trace.Finding}\n{string.Join('\n', trace.Trace)}");
    }
}
