using System.Diagnostics;

namespace PgHa.Cluster.Tests.Trouble;

/// <summary>A server that does not answer is unknown, and does not take the API with it.</summary>
public sealed class FrozenServerTests : ClusterTest
{
    /// <summary>Far more than the second that a server is given, because the machine may be busy; far less than what waits without a deadline.</summary>
    private const double Bound = 10;

    [Theory]
    [InlineData(1, true), InlineData(1, false), InlineData(2, true), InlineData(2, false)]
    public async Task A_frozen_server_is_unknown_within_the_deadline_while_the_API_answers(int number, bool postmasterOnly)
    {
        var cluster = await BothRunning();
        var node = cluster.Nodes[number - 1];
        var other = cluster.Nodes[2 - number];
        await (postmasterOnly ? node.Postgres.FreezePostmaster() : node.Postgres.Freeze());
        var frozen = Stopwatch.StartNew();
        while ((await AnsweredInTime(node.Api.Get("instance/current"))).State(node) != "unknown")
            Assert.True(frozen.Elapsed.TotalSeconds < Bound, $"not unknown after {frozen.Elapsed}");

        Assert.Equal("unknown", (await AnsweredInTime(other.Api.Get("instance/all"))).State(node));
        Assert.NotEqual("unknown", (await AnsweredInTime(other.Api.Get("instance/current"))).State(other));
        for (var i = 0; i < 5; i++)
            Assert.Equal("unknown", (await AnsweredInTime(node.Api.Get("instance/current"))).State(node));

        node.Postgres.Thaw();
        await cluster.WaitForStates("master", "slave");
    }

    [Fact]
    public async Task A_frozen_primary_is_never_taken_for_a_dead_one()
    {
        var cluster = await BothRunning();
        await cluster.N1.Postgres.Freeze();
        await cluster.N2.Postgres.Execute("ALTER SYSTEM SET primary_conninfo = ''");
        await cluster.N2.Postgres.Execute("SELECT pg_reload_conf()");
        await cluster.AssertUnchanged(() => cluster.Play("""
            POST N2 instance/failover/promote  → refused 409, code 6
            POST N2 instance/failover/restart  → refused 409, code 6
            POST N2 node/promote               → refused 409, code 6
            """));
    }

    private static async Task<Answer> AnsweredInTime(Task<Answer> call)
    {
        var answer = await call;
        Assert.Equal(200, answer.Status);
        Assert.True(answer.Elapsed.TotalSeconds < Bound, $"slow: {answer}");
        return answer;
    }
}
