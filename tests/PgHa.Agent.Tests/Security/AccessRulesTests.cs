using PgHa.Agent.Security;

namespace PgHa.Agent.Tests.Security;

[Trait("Category", "Fast")]
public class AccessRulesTests
{
    [Theory]
    [InlineData(AccessRole.Read, "Nothing Look")]
    [InlineData(AccessRole.Operate, "Nothing Look Content Change")]
    [InlineData(AccessRole.Peer, "Nothing Look Content Step")]
    [InlineData(AccessRole.Admin, "Nothing Look Content Change Step")]
    public void A_role_is_enough_for_these(AccessRole role, string needs) =>
        Assert.Equal(needs, string.Join(' ', Enum.GetValues<AccessNeed>().Where(n => AccessRules.Allows(role, n))));

    [Fact]
    public void Each_role_has_a_word_in_the_file() =>
        Assert.Equal(Enum.GetValues<AccessRole>().Order(), AccessRules.Words.Values.Order());
}
