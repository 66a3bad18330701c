using System.Diagnostics;
using PgHa.Agent.Postgres;

namespace PgHa.Agent.Tests.Postgres;

/// <summary>A program that says nothing any more is ended; how long it may be silent can depend on what it said.</summary>
[Trait("Category", "Fast")]
public class ToolRunTests
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(200);

    [Fact]
    public async Task One_that_falls_silent_is_ended_with_all_that_it_started()
    {
        var (begun, said, silence) = (Stopwatch.StartNew(), new List<string>(), Long);
        var code = await ToolRun.WatchAsync("/bin/sh", ["-c", "sleep 0.4; echo $$ >&2; sleep 50"], line =>
        {
            said.Add(line);
            silence = Short;
        }, () => silence, TestContext.Current.CancellationToken);
        Assert.Null(code);
        Assert.InRange(begun.Elapsed.TotalSeconds, 0.5, 20);
        Assert.False(Directory.Exists($"/proc/{Assert.Single(said)}"));
    }

    [Theory]
    [InlineData("23456/41234 kB (56%), 0/1 tablespace", true)]
    [InlineData("    0/41234 kB (0%), 0/1 tablespace", true)]
    [InlineData("41234/41234 kB (100%), 0/1 tablespace", false)]
    [InlineData("waiting for checkpoint", false)]
    [InlineData("pg_basebackup: error: could not write", false)]
    public void A_base_backup_is_silent_for_good_reasons_only_before_and_after_it_copies(string line, bool copying) =>
        Assert.Equal(copying, BaseBackup.IsCopying(line));
}
