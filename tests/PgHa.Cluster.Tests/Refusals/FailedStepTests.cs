namespace PgHa.Cluster.Tests.Refusals;

/// <summary>Code 9: a step failed, or the answer's deadline passed.</summary>
public sealed class FailedStepTests : ClusterTest
{
    [Fact]
    public async Task A_start_that_fails_is_reported_with_what_to_do()
    {
        var cluster = await BothStopped();
        using (new TakenPort(cluster.N1))
        {
            (await cluster.N1.Api.Post("instance/master")).AssertRefused(500, 9);
            await cluster.WaitForStates("inactive", "inactive");
        }
        await cluster.Play("POST N1 instance/master → single, inactive");
    }

    [Fact]
    public async Task A_frozen_server_cannot_be_stopped_and_the_refusal_says_how_to_go_on()
    {
        var cluster = await BothRunning();
        await cluster.N2.Postgres.FreezePostmaster();
        var refused = await cluster.N2.Api.Delete("instance/current");
        refused.AssertRefused(409, 7);
        Assert.Contains("kill -CONT", refused.Hint, StringComparison.Ordinal);
        cluster.N2.Postgres.Thaw();
        await cluster.WaitForStates("master", "slave");
    }

    [Fact]
    public async Task Past_the_deadline_the_answer_names_the_operation_that_goes_on_and_others_must_wait()
    {
        var cluster = await BothRunning();
        await cluster.N2.Postgres.FreezeChildren();
        var late = await cluster.N2.Api.Delete("instance/current?timeout=1");
        late.AssertRefused(504, 9);
        Assert.NotNull(late.Location);
        var other = await cluster.N1.Api.Post("instance/switchover/masterSlave");
        other.AssertRefused(409, 8);
        Assert.Contains(late.Location.ToString().Split('/')[^1], other.Hint, StringComparison.Ordinal);
        cluster.N2.Postgres.Thaw();
        await cluster.WaitForStates("single", "inactive");
    }
}
