using System.Text.Json;

namespace PgHa.Cluster.Tests.Calls;

public sealed class DryRunTests(RunningPair running, StoppedPair stopped) : ClusterTest, IClassFixture<RunningPair>, IClassFixture<StoppedPair>
{
    [Theory]
    [InlineData("DELETE N1 instance/current")]
    [InlineData("DELETE N2 instance/current")]
    [InlineData("DELETE N2 instance/master")]
    [InlineData("DELETE N1 instance/slave")]
    [InlineData("DELETE N1 instance/all")]
    [InlineData("DELETE N1 instance/slaveMaster")]
    [InlineData("DELETE N1 instance/masterSlave")]
    [InlineData("POST N1 instance/switchover/masterSlave")]
    [InlineData("POST N2 instance/switchover/slaveMaster")]
    [InlineData("POST N2 instance/switchover/slaveMaster?to=pg-node02")]
    public Task On_a_running_pair_a_dry_run_answers_the_plan(string call) => AnswersThePlan(Share(running.Cluster), call);

    [Theory]
    [InlineData("POST N1 instance/current")]
    [InlineData("POST N2 instance/current")]
    [InlineData("POST N1 instance/master")]
    [InlineData("POST N1 instance/all")]
    [InlineData("POST N1 instance/all/masterSlave")]
    [InlineData("POST N2 instance/all")]
    public Task On_a_stopped_pair_a_dry_run_answers_the_plan(string call) => AnswersThePlan(Share(stopped.Cluster), call);

    [Theory]
    [InlineData("POST N2 instance/master?dryRun=true            → refused 409, code 5")]
    [InlineData("POST N1 instance/slave?dryRun=true             → refused 409, code 11")]
    [InlineData("POST N2 instance/failover/restart?dryRun=true  → refused 409, code 6")]
    [InlineData("POST N2 instance/failover/promote?dryRun=true  → refused 409, code 6")]
    [InlineData("POST N2 node/promote?dryRun=true               → refused 409, code 6")]
    public Task On_a_running_pair_a_dry_run_answers_the_refusal(string step) => AnswersTheRefusal(Share(running.Cluster), step);

    [Theory]
    [InlineData("POST N2 instance/slave?dryRun=true                   → refused 409, code 12")]
    [InlineData("POST N2 instance/failover/restart?dryRun=true        → refused 409, code 3")]
    [InlineData("POST N1 instance/switchover/masterSlave?dryRun=true  → refused 409, code 7")]
    public Task On_a_stopped_pair_a_dry_run_answers_the_refusal(string step) => AnswersTheRefusal(Share(stopped.Cluster), step);

    [Fact]
    public async Task A_failover_can_be_tried_dry_and_then_done()
    {
        var cluster = await PrimaryStopped();
        await AnswersThePlan(cluster, "POST N2 instance/failover/restart");
        await AnswersThePlan(cluster, "POST N2 instance/failover/promote");
        await AnswersThePlan(cluster, "POST N2 node/promote");
        await cluster.Play("POST N2 instance/failover/promote → inactive, single");
    }

    private static Task AnswersThePlan(TestCluster cluster, string call) => cluster.AssertUnchanged(async () =>
    {
        var words = call.Split(' ');
        var node = cluster.Nodes[words[1][1] - '1'];
        var answer = await node.Api.Send(new(words[0]), words[2] + (words[2].Contains('?', StringComparison.Ordinal) ? "&" : "?") + "dryRun=true");
        Assert.True(answer.Status == 200, answer.ToString());
        var steps = answer.Field("steps")!.Value.EnumerateArray().ToList();
        Assert.NotEmpty(steps);
        Assert.All(steps, AssertShowsItsCall);
    });

    private static void AssertShowsItsCall(JsonElement step) =>
        Assert.StartsWith("curl ", step.GetProperty("curl").GetString(), StringComparison.Ordinal);

    private static Task AnswersTheRefusal(TestCluster cluster, string step) => cluster.AssertUnchanged(() => cluster.Play(step));
}
