using PgHa.Agent.Cluster;

namespace PgHa.Agent.Tests.Cluster;

[Trait("Category", "Fast")]
public class NodeLockTests
{
    [Fact]
    public void One_operation_holds_it_until_it_gives_it_back()
    {
        var nodeLock = new NodeLock();
        Assert.True(nodeLock.Take(new("a", "n1", "b1", "stop")).Granted);
        Assert.True(nodeLock.Take(new("a", "n1", "b1", "stop")).Granted);
        var refused = nodeLock.Take(new("b", "n2", "b2", "start"));
        Assert.False(refused.Granted);
        Assert.Equal("a", refused.Holder?.Operation);
        nodeLock.Release("b");
        Assert.Equal("a", nodeLock.Holder?.Operation);
        nodeLock.Release("a");
        Assert.True(nodeLock.Take(new("b", "n2", "b2", "start")).Granted);
    }
}
