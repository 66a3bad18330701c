using PgHa.Agent.Leadership;

namespace PgHa.Agent.Tests.Leadership;

/// <summary>The same as <see cref="SyncTransitionsTests"/> over worlds of more states.</summary>
[Trait("Category", "Long")]
public class LargerSyncWorldsTests
{
    [Theory]
    [InlineData("quorum"), InlineData("on, the primary changes")]
    public void Whatever_is_interrupted_whoever_may_elect_has_what_was_acknowledged(string name)
    {
        var (found, states) = SyncTransitionsTests.Explore(SyncTransitionsTests.World(name), SyncTransitions.Next);
        TestContext.Current.TestOutputHelper?.WriteLine($"{name}: {states} states");
        Assert.True(found is null, found);
    }
}
