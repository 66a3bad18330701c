namespace PgHa.Cluster.Tests.Refusals;

public sealed class StoppedPairTests(StoppedPair pair) : ClusterTest, IClassFixture<StoppedPair>
{
    public static TheoryData<string> Refusals =>
    [
        "POST   N1 instance/failover/restart        → refused 409, code 3",
        "POST   N2 instance/failover/restart        → refused 409, code 3",
        "POST   N2 instance/failover/promote        → refused 409, code 3",
        "POST   N2 node/promote                     → refused 409, code 3",
        "GET    N1 in_recovery                      → refused 409, code 7",
        "POST   N1 instance/switchover/masterSlave  → refused 409, code 7",
        "POST   N2 instance/switchover/slaveMaster  → refused 409, code 7",
        "POST   N2 instance/slave                   → refused 409, code 12",
    ];

    [Theory, MemberData(nameof(Refusals))]
    public Task A_refused_call_says_why_and_changes_nothing(string step)
    {
        var cluster = Share(pair.Cluster);
        return cluster.AssertUnchanged(() => cluster.Play(step));
    }
}
