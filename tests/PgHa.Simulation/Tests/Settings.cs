using System.Globalization;

namespace PgHa.Simulation;

/// <summary>What the environment says of a run; <c>./test --sim</c> sets it.</summary>
internal static class Settings
{
    internal static class Names
    {
        internal const string Seed = "PGHA_SIM_SEED";
        internal const string Schedules = "PGHA_SIM_SCHEDULES";
    }

    /// <summary>Begins with the schedule of this seed.</summary>
    internal static int? Seed => Read(Names.Seed) is { } seed ? int.Parse(seed, CultureInfo.InvariantCulture) : null;

    /// <summary>How long schedules are played; null: as many as the test says.</summary>
    internal static TimeSpan? For => Read("PGHA_SIM_SECONDS") is { } seconds ? TimeSpan.FromSeconds(double.Parse(seconds, CultureInfo.InvariantCulture)) : null;

    /// <summary>How many schedules are played; null: as many as the test says.</summary>
    internal static int? Schedules => Read(Names.Schedules) is { } count ? int.Parse(count, CultureInfo.InvariantCulture) : null;

    private static string? Read(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
