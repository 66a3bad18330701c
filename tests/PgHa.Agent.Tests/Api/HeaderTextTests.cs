using PgHa.Agent.Api;

namespace PgHa.Agent.Tests.Api;

/// <summary>What an answer says in a header, in any language.</summary>
[Trait("Category", "Fast")]
public class HeaderTextTests
{
    [Theory]
    [InlineData("n2 counts as down", "n2 counts as down")]
    [InlineData("fataler Fehler: für", "fataler Fehler: f%C3%BCr")]
    [InlineData("100 %", "100 %25")]
    [InlineData("two\r\nlines: x", "two%0D%0Alines: x")]
    [InlineData("致命的", "%E8%87%B4%E5%91%BD%E7%9A%84")]
    [InlineData("", "")]
    public void It_is_printable_and_can_be_read_back(string words, string header) => Assert.Equal(header, HeaderText.Of([words]));

    [Fact]
    public void It_is_never_longer_than_clients_take() => Assert.InRange(HeaderText.Of(Enumerable.Repeat("ü", 100_000)).Length, 4000, 4100);

    /// <summary>Half a character, which an attribute cannot hold.</summary>
    [Fact]
    public void What_is_no_character_is_shown_as_such() => Assert.Equal("%EF%BF%BD", HeaderText.Of([((char)0xD800).ToString()]));

    [Fact]
    public void Several_are_one_line() => Assert.Equal("a; b", HeaderText.Of(["a", "b"]));
}
