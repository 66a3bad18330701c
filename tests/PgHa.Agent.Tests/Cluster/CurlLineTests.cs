using System.Diagnostics;
using PgHa.Client;

namespace PgHa.Agent.Tests.Cluster;

/// <summary>A shell takes the lines as they are meant, whatever is in an address.</summary>
[Trait("Category", "Fast")]
public class CurlLineTests
{
    [Theory]
    [InlineData("http://127.0.0.1:8079/api/pg/v2/node/start?as=standby&upstream=n1", null)]
    [InlineData("http://[::1]:8079/api/pg/v2/node/sync?names=ANY%201%20%28%22n1%22%29&later=", null)]
    [InlineData("http://h:1/api/$(touch /tmp/pgha-was-here)/`id`\"; rm -rf x; \"!1\\", "--data-binary @FILE")]
    public void The_address_is_one_word_and_the_token_a_variable(string url, string? more)
    {
        var line = CurlLine.Of("POST", url, secured: true, more);
        Assert.Equal(0, Bash($"-n -c '{line.Replace("'", "'\\''")}'").Code);
        var words = Bash("-c 'curl() { printf \"%s\\n\" \"$@\"; }; PGHA_TOKEN=secret; '\"$LINE\"", line).Output.TrimEnd('\n').Split('\n');
        string[] before = ["-X", "POST", "-H", "Authorization: Bearer secret", .. more?.Split(' ') ?? []];
        Assert.Equal(before, words[..^1]);
        Assert.Equal(Uri.UnescapeDataString(url), Uri.UnescapeDataString(words[^1]));
        Assert.DoesNotContain("secret", line, StringComparison.Ordinal);
    }

    private static (int Code, string Output) Bash(string arguments, string line = "")
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", "exec bash " + arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["LINE"] = line;
        using var bash = Process.Start(start)!;
        var output = bash.StandardOutput.ReadToEnd();
        bash.WaitForExit();
        return (bash.ExitCode, output);
    }
}
