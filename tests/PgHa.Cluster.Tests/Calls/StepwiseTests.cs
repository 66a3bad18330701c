using System.Text.Json;

namespace PgHa.Cluster.Tests.Calls;

/// <summary>An operator walks through an operation step by step.</summary>
public sealed class StepwiseTests : ClusterTest
{
    [Fact]
    public async Task A_switchover_waits_before_each_step_and_holds_others_off()
    {
        var cluster = await BothRunning();
        var operation = await OperationWatch.Begin(cluster.N1, HttpMethod.Post, "instance/switchover/masterSlave");
        (await cluster.N2.Api.Delete("instance/slave")).AssertRefused(409, 8);
        Assert.Equal("waiting", (await operation.Report()).GetProperty("state").GetString());
        for (var step = 1; step < 9; step++)
        {
            await operation.Resume();
            await operation.WaitForStep(step, "waiting");
            Assert.Equal(Enumerable.Repeat("done", step).Append("waiting").Concat(Enumerable.Repeat("planned", 8 - step)), States(await operation.Report()));
        }
        await operation.Resume();
        Assert.Equal("done", (await operation.End()).How);
        await cluster.WaitForStates("slave", "master");
    }

    [Theory]
    [InlineData(0), InlineData(3), InlineData(4), InlineData(7)]
    public async Task What_is_abandoned_before_anything_final_is_undone(int step)
    {
        var cluster = await BothRunning();
        var operation = await OperationWatch.Begin(cluster.N2, HttpMethod.Post, "instance/switchover/slaveMaster");
        await operation.AdvanceTo(step);
        var abandoned = await cluster.N2.Api.Post($"../v2/operations/{operation.Id}/abandon");
        Assert.True(abandoned.Status == 200 && abandoned.Field("state")?.GetString() == "undone", abandoned.ToString());
        await cluster.Play("GET N1 instance/all → master, slave");
    }

    [Fact]
    public async Task What_is_abandoned_after_a_final_step_is_reported_as_it_is()
    {
        var cluster = await BothStopped();
        var operation = await OperationWatch.Begin(cluster.N1, HttpMethod.Post, "instance/all");
        await operation.AdvanceTo(2);
        var abandoned = await cluster.N1.Api.Post($"../v2/operations/{operation.Id}/abandon");
        Assert.True(abandoned.Status == 200 && abandoned.Field("state")?.GetString() == "failed", abandoned.ToString());
        Assert.Contains("In force now: pg-node01 primary, without a standby", abandoned.Field("failure")?.GetProperty("msg").GetString(), StringComparison.Ordinal);
        await cluster.Play("POST N1 instance/all → master, slave");
    }

    [Fact]
    public async Task Stops_that_are_abandoned_are_started_again()
    {
        var cluster = await BothRunning();
        var operation = await OperationWatch.Begin(cluster.N1, HttpMethod.Delete, "instance/slaveMaster");
        await operation.AdvanceTo(1);
        await cluster.N1.Api.Post($"../v2/operations/{operation.Id}/abandon");
        Assert.Equal("undone", (await operation.End()).How);
        await cluster.Play("GET N2 instance/all → master, slave");
    }

    [Fact]
    public async Task What_cannot_be_resumed_is_said()
    {
        var cluster = await BothRunning();
        (await cluster.N1.Api.Post("../v2/operations/none/resume")).AssertRefused(404, 1);
        var operation = await OperationWatch.Begin(cluster.N1, HttpMethod.Delete, "instance/slave");
        foreach (var options in new[] { "steps=0", "steps=x", "all=false", "steps=1&all=true", "step=1" })
            (await cluster.N1.Api.Post($"../v2/operations/{operation.Id}/resume?{options}")).AssertRefused(400, 2);
        await operation.Resume("?all=true");
        Assert.Equal("done", (await operation.End()).How);
        (await cluster.N1.Api.Post($"../v2/operations/{operation.Id}/resume")).AssertRefused(409, 7);
        (await cluster.N1.Api.Delete("instance/current?stepwise=perhaps")).AssertRefused(400, 2);
    }

    private static IEnumerable<string> States(JsonElement report) =>
        report.GetProperty("steps").EnumerateArray().Select(step => step.GetProperty("state").GetString()!);
}
