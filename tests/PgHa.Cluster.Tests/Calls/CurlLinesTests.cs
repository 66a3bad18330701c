using System.Text.Json;

namespace PgHa.Cluster.Tests.Calls;

/// <summary>The lines of a dry run are pasted into a shell.</summary>
public sealed class CurlLinesTests : ClusterTest
{
    [Fact]
    public async Task Each_line_is_one_command_and_those_that_only_check_are_served()
    {
        var cluster = await BothRunning();
        await cluster.WaitForStates("master", "slave");
        string[] calls = ["instance/switchover/masterSlave", "instance/switchover/masterSlave?by=promote", "instance/all/masterSlave"];
        var lines = new List<string>();
        foreach (var call in calls)
        {
            var plan = JsonSerializer.Deserialize<JsonElement>((await cluster.N2.Api.Post($"{call}{(call.Contains('?', StringComparison.Ordinal) ? '&' : '?')}dryRun=true")).Body);
            lines.AddRange(plan.GetProperty("steps").EnumerateArray().Select(step => step.GetProperty("curl").GetString()!));
        }
        Assert.NotEmpty(lines);
        await AsPostgres.Run("/bin/bash", "-n", "-c", string.Join('\n', lines));
        var checks = lines.Where(line => line.Contains("/node/check?", StringComparison.Ordinal)).Distinct().ToArray();
        Assert.Equal(2, checks.Length); // each of the two nodes could follow the other
        foreach (var line in checks)
            Assert.Contains("\"evidence\"", await AsPostgres.Run("/bin/bash", "-c", line.Replace("curl ", "curl -sSf ", StringComparison.Ordinal)), StringComparison.Ordinal);
    }
}
