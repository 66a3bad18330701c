using PgHa.Agent.Postgres;

namespace PgHa.Agent.Tests.Postgres;

[Trait("Category", "Fast")]
public class ConnInfoTests
{
    [Theory]
    [InlineData("host=a port=1", "host=a port=1")]
    [InlineData("host = a  sslmode= 'verify-full'", "host=a sslmode=verify-full")]
    [InlineData(@"password='it\'s a \\secret' host=a", @"password='it\'s a \\secret' host=a")]
    [InlineData("channel_binding=''", "channel_binding=''")]
    [InlineData("", "")]
    public void Reads_what_libpq_reads_and_writes_it_back(string text, string expected) => Assert.Equal(expected, ConnInfo.Parse(text)?.ToString());

    [Theory]
    [InlineData("postgresql://a/b")]
    [InlineData("host='a")]
    public void Is_null_for_other_forms(string text) => Assert.Null(ConnInfo.Parse(text));

    [Fact]
    public void Only_the_named_keys_change() => Assert.Equal(
        "user=u sslmode=require host=b application_name=n1",
        ConnInfo.Parse("user=u sslmode=require host=a")!.Set("host", "b").Set("application_name", "n1").ToString());
}
