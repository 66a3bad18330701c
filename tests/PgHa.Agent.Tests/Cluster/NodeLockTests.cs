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

    [Fact]
    public void It_is_kept_until_the_step_of_its_holder_has_ended()
    {
        var nodeLock = new NodeLock();
        nodeLock.Take(new("a", "n1", "b1", "stop"));
        Assert.False(nodeLock.Enter("b"));
        Assert.True(nodeLock.Enter("a"));
        nodeLock.Release("a");
        Assert.False(nodeLock.Take(new("b", "n2", "b2", "start")).Granted);
        nodeLock.Leave();
        Assert.True(nodeLock.Take(new("b", "n2", "b2", "start")).Granted);
    }

    [Fact]
    public void A_step_that_ends_before_its_operation_gives_nothing_back()
    {
        var nodeLock = new NodeLock();
        nodeLock.Take(new("a", "n1", "b1", "stop"));
        Assert.True(nodeLock.Enter("a"));
        nodeLock.Leave();
        Assert.Equal("a", nodeLock.Holder?.Operation);
    }

    [Fact]
    public async Task What_is_looked_after_gives_way_to_an_operation_and_has_ended_when_that_begins()
    {
        var nodeLock = new NodeLock();
        var turn = nodeLock.BeginUpkeep();
        Assert.NotNull(turn);
        Assert.Null(nodeLock.BeginUpkeep());
        Assert.True(nodeLock.Take(new("op", "n1", "boot", "goal")).Granted);
        var ended = nodeLock.EndUpkeepAsync(TestContext.Current.CancellationToken);
        Assert.True(turn.GivesWay.IsCancellationRequested);
        Assert.False(ended.IsCompleted);
        turn.End();
        await ended;
        Assert.Null(nodeLock.BeginUpkeep());
        nodeLock.Release("op");
        Assert.NotNull(nodeLock.BeginUpkeep());
    }
}
