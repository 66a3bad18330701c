using System.Diagnostics;
using System.Globalization;

namespace PgHa.Cluster.Tests.Campaign;

/// <summary>
/// Campaigns one after the other. PGHA_CAMPAIGN_SEED=N plays that one again, PGHA_CAMPAIGN_MINUTES=N goes on for so long.
/// </summary>
public sealed class CampaignTests
{
    private const int Bursts = 10;

    [Fact, Trait("Category", "Long"), Trait("Category", "Random")]
    public async Task Campaigns_of_half_an_hour_end_without_a_finding()
    {
        var clock = Stopwatch.StartNew();
        if (Seed is { } seed)
        {
            await Campaign.Play(seed, Bursts, () => true, Say);
            return;
        }
        for (var next = FirstSeed; clock.Elapsed < Length; next++)
            await Campaign.Play(next, Bursts, () => clock.Elapsed < Length, Say);
    }

    private static int? Seed => Number("PGHA_CAMPAIGN_SEED");

    private static int FirstSeed => Number("PGHA_CAMPAIGN_FIRST") ?? 1;

    private static TimeSpan Length => TimeSpan.FromMinutes(Number("PGHA_CAMPAIGN_MINUTES") ?? 30);

    private static int? Number(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    private static void Say(string line)
    {
        TestContext.Current.TestOutputHelper?.WriteLine(line);
        TestContext.Current.SendDiagnosticMessage(line);
    }
}
