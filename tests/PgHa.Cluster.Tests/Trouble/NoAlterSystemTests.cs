namespace PgHa.Cluster.Tests.Trouble;

/// <summary>The server permits no ALTER SYSTEM (17 and later): role changes go on, and set what they need in the file.</summary>
[Trait("Category", "Long")]
public sealed class NoAlterSystemTests : ClusterTest
{
    [Theory]
    [InlineData(17), InlineData(18)]
    public async Task Role_changes_do_without_it(int major)
    {
        var cluster = Keep(await MajorPair.Stopped(major, async each =>
        {
            foreach (var node in each.Nodes)
                await node.AddToPostgresConf("allow_alter_system = off");
        }));
        await cluster.Play("""
            POST   N1 instance/all                                → master, slave
            POST   N1 instance/switchover/masterSlave?by=promote  → slave, master
            POST   N1 instance/switchover/slaveMaster             → master, slave
            DELETE N1 instance/master                             → inactive, recovery
            POST   N2 instance/failover/promote                   → inactive, single
            POST   N1 instance/slave                              → slave, master
            """);
    }
}
