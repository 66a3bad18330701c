using System.Diagnostics;
using System.Text.RegularExpressions;

namespace PgHa.Cluster.Tests.CommandLine;

/// <summary>What a command printed, and what it ended with.</summary>
internal sealed record Said(int Code, string Output, string Error)
{
    /// <summary>The output with every LSN, time, id, port and system identifier replaced by a word, and blanks drawn together: columns are as wide as what stands in them.</summary>
    public string Text => Cli.Normalized(Output);

    public string ErrorText => Cli.Normalized(Error);

    public override string ToString() => $"exit {Code}\n{Output}{Error}";
}

/// <summary>Runs <c>pgha</c> as an operator does: piped, as the user of the servers, with a bound.</summary>
internal static partial class Cli
{
    /// <summary>Beside an agent: with its configuration, and otherwise without options.</summary>
    public static Task<Said> On(TestNode node, params string[] words) => Run([.. words, "--config", node.Agent.ConfigFile]);

    public static Task<Said> Run(params string[] words) => Run(new Dictionary<string, string>(), words);

    public static async Task<Said> Run(IReadOnlyDictionary<string, string> environment, params string[] words)
    {
        var start = new ProcessStartInfo(AgentProcess.Binary, words) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, WorkingDirectory = "/tmp" };
        start.Environment["HOME"] = "/nonexistent";
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("PGHA_", StringComparison.Ordinal)).ToArray()) start.Environment.Remove(name);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await process.WaitForExitAsync(bound.Token);
        var said = new Said(process.ExitCode, await output, await error);
        TestContext.Current.TestOutputHelper?.WriteLine($"$ pgha {string.Join(' ', words)}\n{said}");
        return said;
    }

    public static string Normalized(string text)
    {
        text = Lsns().Replace(text, "LSN");
        text = Ids().Replace(text, "ID");
        text = Systems().Replace(text, "SYSTEM");
        text = Moments().Replace(text, "MOMENT");
        text = Times().Replace(text, "TIME");
        text = Ports().Replace(text, ":PORT");
        return string.Join('\n', text.Split('\n').Select(line => Blanks().Replace(line, " ").TrimEnd()));
    }

    [GeneratedRegex(@"\b[0-9A-F]{1,8}/[0-9A-F]{1,8}\b")]
    private static partial Regex Lsns();

    [GeneratedRegex(@"\b\d{8}T\d{9}-[0-9a-f]{6}\b")]
    private static partial Regex Ids();

    [GeneratedRegex(@"\b\d{19}\b")]
    private static partial Regex Systems();

    [GeneratedRegex(@"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ")]
    private static partial Regex Moments();

    [GeneratedRegex(@"\b\d+(\.\d+)? (ms|s|min)\b( \d+ s\b)?")]
    private static partial Regex Times();

    [GeneratedRegex(@"(?<=127\.0\.0\.\d):\d+")]
    private static partial Regex Ports();

    [GeneratedRegex(@"(?<=\S)  +")]
    private static partial Regex Blanks();
}
