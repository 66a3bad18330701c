namespace PgHa.Cluster.Tests.Refusals;

public sealed class RunningPairTests(RunningPair pair) : ClusterTest, IClassFixture<RunningPair>
{
    public static TheoryData<string> Unknown =>
    [
        "GET    N1 instance/nowhere                               → refused 404, code 2",
        "POST   N1 instance/nowhere                               → refused 404, code 2",
        "DELETE N1 instance/nowhere                               → refused 404, code 2",
        "POST   N1 instance/all/sideways                          → refused 404, code 2",
        "POST   N2 instance/failover/sideways                     → refused 404, code 2",
        "POST   N1 instance/switchover/sideways                   → refused 404, code 2",
        "POST   N1 node/demote                                    → refused 404, code 2",
        "GET    N1 nothing/here                                   → refused 404, code 2",
        "POST   N1 instance/current?force=perhaps                 → refused 400, code 2",
        "POST   N1 instance/current?dryRun=2                      → refused 400, code 2",
        "POST   N1 instance/current?timeout=soon                  → refused 400, code 2",
        "POST   N1 instance/current?timeout=-1                    → refused 400, code 2",
        "POST   N1 instance/current?frce=true                     → refused 400, code 2",
        "POST   N1 instance/switchover/masterSlave?to=pg-node09   → refused 400, code 2",
        "PUT    N1 instance/current                               → refused 405, code 2",
        "PATCH  N1 instance/all                                   → refused 405, code 2",
        "DELETE N1 instance/switchover/masterSlave                → refused 405, code 2",
        "GET    N1 node/promote                                   → refused 405, code 2",
        "POST   N1 in_recovery                                    → refused 405, code 2",
    ];

    public static TheoryData<string> NotNow =>
    [
        "POST   N2 instance/master                                → refused 409, code 5",
        "POST   N2 instance/failover/restart                      → refused 409, code 6",
        "POST   N2 instance/failover/promote                      → refused 409, code 6",
        "POST   N2 node/promote                                   → refused 409, code 6",
        "POST   N1 instance/slave                                 → refused 409, code 11",
    ];

    [Theory, MemberData(nameof(Unknown)), MemberData(nameof(NotNow))]
    public Task A_refused_call_says_why_and_changes_nothing(string step)
    {
        var cluster = Share(pair.Cluster);
        return cluster.AssertUnchanged(() => cluster.Play(step));
    }

    [Theory]
    [InlineData("POST", "instance/current", "garbage")]
    [InlineData("POST", "instance/all/masterSlave", "{\"to\":")]
    [InlineData("DELETE", "instance/current", "<stop/>")]
    public Task A_garbage_body_is_refused_and_changes_nothing(string method, string path, string body)
    {
        var cluster = Share(pair.Cluster);
        return cluster.AssertUnchanged(async () => (await cluster.N1.Api.Send(new(method), path, body)).AssertRefused(400, 2));
    }
}
