namespace PgHa.Cluster.Tests.Locks;

/// <summary>An order of a step that comes twice is carried out once, however late it comes again.</summary>
public sealed class RepeatedOrdersTests : ClusterTest
{
    [Fact]
    public async Task A_stop_that_comes_again_when_the_server_was_started_since_does_not_stop_it()
    {
        var cluster = await BothRunning();
        await cluster.N2.Api.TakeLock("twice", cluster.N1);
        var first = await cluster.N2.Api.PostStep("node/stop", "twice", "3");
        Assert.Null(first.Field("failure"));
        await cluster.WaitForStates("single", "inactive");
        await cluster.N2.Postgres.Start();
        var again = await cluster.N2.Api.PostStep("node/stop", "twice", "3");
        Assert.Equal(first.Body, again.Body);
        await cluster.WaitForStates("master", "slave");
        await cluster.N2.Api.PostStep("node/stop", "twice", "4");
        await cluster.WaitForStates("single", "inactive");
    }

    [Fact]
    public async Task A_number_counts_for_its_operation_alone()
    {
        var cluster = await BothRunning();
        await cluster.N2.Api.TakeLock("one", cluster.N1);
        await cluster.N2.Api.PostStep("node/checkpoint", "one", "0");
        await cluster.N2.Api.Send(HttpMethod.Delete, "../v2/node/lock/one");
        await cluster.N2.Api.TakeLock("other", cluster.N1);
        await cluster.N2.Api.PostStep("node/stop", "other", "0");
        await cluster.WaitForStates("single", "inactive");
    }

    [Theory]
    [InlineData("x"), InlineData("-1"), InlineData("99999999999"), InlineData("1.5")]
    public async Task A_number_that_is_none_is_refused(string number)
    {
        var cluster = await BothRunning();
        await cluster.N2.Api.TakeLock("odd", cluster.N1);
        await cluster.AssertUnchanged(async () => (await cluster.N2.Api.PostStep("node/stop", "odd", number)).AssertRefused(400, 2));
    }
}
