namespace PgHa.Cluster.Tests.Setup;

/// <summary>The stories that README offers to try are told to their end, and check themselves.</summary>
public sealed class DemoTests
{
    [Theory, Trait("Category", "Long")]
    [InlineData("", "answers were right")]
    [InlineData("--failover", "nothing acknowledged is missing")]
    public async Task A_story_is_told_to_its_end(string option, string end) =>
        Assert.Contains(end, await AsPostgres.AsRoot(AgentProcess.InRepository("demo"), option.Split(' ', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
}
