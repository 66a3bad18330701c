using PgHa.Agent.Succession;

namespace PgHa.Agent.Tests.Succession;

/// <summary>What counts as a sign of life of a server that refuses a connection.</summary>
[Trait("Category", "Fast")]
public sealed class PulseRulesTests
{
    [Theory]
    [InlineData("53300")] // too many connections
    [InlineData("28P01"), InlineData("28000")] // the login
    [InlineData("3D000"), InlineData("42501"), InlineData("55000")] // the database
    public void A_server_that_lets_others_in_lives(string sqlState) => Assert.True(PulseRules.Lives(sqlState));

    [Theory]
    [InlineData("57P03")] // it starts up, or shuts down
    [InlineData("53100"), InlineData("53200"), InlineData("58030")] // no disk, no memory, an input or output error
    [InlineData("XX000"), InlineData("XX001")] // "could not write init file", after a crash on a full disk
    public void A_server_that_can_begin_no_session_does_not(string sqlState) => Assert.False(PulseRules.Lives(sqlState));
}
