namespace PgHa.Simulation;

/// <summary>The deliberate faults fit the sources: <see cref="MutationTests"/> run only with the campaigns, and a moved line would be seen late.</summary>
[Trait("Category", "Fast")]
public sealed class MutationEditTests
{
    [Fact]
    public void Each_edit_finds_its_text_once() => Assert.Empty(FaultyRules.Misplaced());
}
