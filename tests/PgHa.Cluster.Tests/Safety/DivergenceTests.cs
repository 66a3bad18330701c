namespace PgHa.Cluster.Tests.Safety;

/// <summary>Fact 3, made by hand: both nodes wrote from the same position, on the same timeline.</summary>
public sealed class DivergenceTests : ClusterTest
{
    [Theory]
    [InlineData(true), InlineData(false)]
    public async Task A_node_that_holds_rows_of_its_own_does_not_join(bool crashed)
    {
        var cluster = await PrimaryStopped();
        await cluster.Play("""
            POST N2 instance/failover/restart → inactive, single
            insert
            """);
        await (crashed ? cluster.N2.Postgres.KillAndWait() : cluster.N2.Postgres.Stop());
        await cluster.N1.Postgres.StartAsPrimary();
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.WaitForStates("single", "inactive");
        await cluster.AssertUnchanged(() => cluster.Play("""
            POST N2 instance/slave             → refused 409, code 13
            POST N2 instance/slave?force=true  → refused 409, code 13
            """));
        await SaysWhatOnlyEachHolds(cluster.N2);
    }

    /// <summary>The refusal names the first differing record on both sides, and how many commits and bytes exist only there.</summary>
    private static async Task SaysWhatOnlyEachHolds(TestNode node)
    {
        var refusal = await node.Api.Post("instance/slave");
        Assert.Matches(
            @"the same up to 0/[0-9A-F]+; there pg-node02 holds [A-Z]\w+ \w+.* at 0/[0-9A-F]+ \(.*CRC [0-9A-F]{8}, prev 0/[0-9A-F]+\) and, to 0/[0-9A-F]+, [1-9]\d* bytes with [1-9]\d* commits; pg-node01 holds .* bytes with [1-9]\d* commits",
            refusal.Body);
    }

    [Fact]
    public async Task After_two_promotions_by_hand_neither_node_follows_the_other()
    {
        var cluster = await PrimaryStopped();
        await cluster.N2.Postgres.Promote();
        await cluster.Ledger.Insert(cluster.N2);
        await cluster.N2.Postgres.Stop();
        await cluster.N1.Postgres.Start();
        await cluster.Ledger.Insert(cluster.N1);
        await cluster.AssertUnchanged(() => cluster.Play("POST N2 instance/slave → refused 409, code 13"));
        await cluster.N1.Postgres.Stop();
        await cluster.N2.Postgres.Start();
        await cluster.AssertUnchanged(() => cluster.Play("POST N1 instance/slave → refused 409, code 13"));
    }
}
