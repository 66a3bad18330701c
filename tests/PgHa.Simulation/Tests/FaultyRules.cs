using System.Diagnostics;
using System.Text.RegularExpressions;

namespace PgHa.Simulation;

/// <summary>
/// The simulator beside an agent with all deliberate faults, one of which is in force where the environment names it: all are built at once.
/// The sources are copied, and changed there.
/// </summary>
public sealed partial class FaultyRules : IAsyncLifetime
{
    private const string InForce = "PGHA_FAULT";
    private static readonly TimeSpan Within = TimeSpan.FromMinutes(20);
    private readonly string _folder = Directory.CreateTempSubdirectory("pgha-mutations-").FullName;

    private string Simulator => Path.Combine(_folder, "simulator");

    public async ValueTask InitializeAsync()
    {
        Assert.Empty(Misplaced());
        foreach (var file in (string[])["Directory.Build.props", "Directory.Packages.props", "BannedSymbols.txt", "global.json", "docs/openapi.json", .. Sources()])
            Copy(Path.Combine(Root, file), Path.Combine(_folder, file));
        foreach (var mutation in Mutation.All)
            await PutInAsync(mutation);
        var (status, words) = await RunAsync("dotnet", ["build", "src/PgHa.Agent", "-c", "Release", "-v", "quiet", "-tl:off", "--disable-build-servers", "-nodeReuse:false", "-p:RunAnalyzers=false", "-p:TreatWarningsAsErrors=false"], _folder);
        Assert.True(status == 0, words);
        foreach (var file in Directory.EnumerateFiles(AppContext.BaseDirectory))
            Copy(file, Path.Combine(Simulator, Path.GetFileName(file)));
        foreach (var file in Directory.EnumerateFiles(Path.Combine(_folder, "src/PgHa.Agent/bin/Release/net10.0"), "PgHa.*.dll"))
            Copy(file, Path.Combine(Simulator, Path.GetFileName(file)));
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    /// <summary>Plays schedules with a fault, or with none; the seed that found something, or null, and what was said.</summary>
    internal async Task<(int? Seed, string Words)> PlayAsync(Mutation? fault, int first, int count)
    {
        var (status, words) = await RunAsync(Path.Combine(Simulator, "PgHa.Simulation"), ["-noLogo", "-noColor", "-method", $"*.{(fault is { IsUnattended: true } ? nameof(UnattendedTests) : nameof(SimulationTests))}.Nothing_is_found"], Simulator,
            (Settings.Names.Seed, $"{first}"), (Settings.Names.Schedules, $"{count}"), (InForce, fault?.Number ?? ""));
        var found = Seed().Match(words);
        Assert.True(status == 0 != found.Success, words); // it was played, and did not only fail
        return (found.Success ? int.Parse(found.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture) : null, words);
    }

    /// <summary>The edits of the faults whose text is not there exactly once.</summary>
    internal static IEnumerable<string> Misplaced() =>
        from mutation in Mutation.All
        from edit in mutation.Edits
        let file = Path.Combine(Root, "src", edit.File)
        where !File.Exists(file) || File.ReadAllText(file).Split(edit.Right).Length != 2
        select $"{mutation.Name}: not once in {edit.File}: {edit.Right}";

    private async Task PutInAsync(Mutation mutation)
    {
        var inForce = $"(System.Environment.GetEnvironmentVariable(\"{InForce}\") == \"{mutation.Number}\")";
        foreach (var (name, right, wrong) in mutation.Edits)
        {
            var file = Path.Combine(_folder, "src", name);
            var text = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
            await File.WriteAllTextAsync(file, text.Replace(right, wrong.Replace("FAULT", inForce, StringComparison.Ordinal), StringComparison.Ordinal), TestContext.Current.CancellationToken);
        }
    }

    private static IEnumerable<string> Sources() => Directory.EnumerateFiles(Path.Combine(Root, "src"), "*", SearchOption.AllDirectories)
        .Select(f => Path.GetRelativePath(Root, f)).Where(f => !f.Split('/').Any(part => part is "bin" or "obj"));

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(to)!);
        File.Copy(from, to, overwrite: true);
    }

    private static async Task<(int Status, string Output)> RunAsync(string program, IEnumerable<string> arguments, string folder, params (string Name, string Value)[] settings)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in settings)
            start.Environment[name] = value;
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        bound.CancelAfter(Within);
        using var process = Process.Start(start)!;
        using var end = bound.Token.Register(() => process.Kill(entireProcessTree: true));
        var error = process.StandardError.ReadToEndAsync(bound.Token);
        var said = await process.StandardOutput.ReadToEndAsync(bound.Token);
        await process.WaitForExitAsync(bound.Token);
        return (process.ExitCode, said + await error);
    }

    private static string Root
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (!File.Exists(Path.Combine(folder.FullName, "PgHa.slnx")))
                folder = folder.Parent!;
            return folder.FullName;
        }
    }

    [GeneratedRegex(@"seed (\d+): ")]
    private static partial Regex Seed();
}
