using PgHa.Agent.Postgres;

namespace PgHa.Agent.Tests.Postgres;

[Trait("Category", "Fast")]
public class PasswordFileTests
{
    [Theory]
    [InlineData("*:*:*:postgres:secret", "secret")]
    [InlineData("10.0.0.1:5432:*:postgres:a\\:b\\\\c", "a:b\\c")]
    [InlineData("10.0.0.1:5432:replication:postgres:with:colon", "with:colon")]
    [InlineData("10.0.0.2:5432:*:postgres:secret", null)]
    [InlineData("10.0.0.1:5433:*:postgres:secret", null)]
    [InlineData("10.0.0.1:5432:*:other:secret", null)]
    [InlineData("#*:*:*:postgres:secret", null)]
    [InlineData("*:*:postgres:secret", null)]
    [InlineData("", null)]
    public void A_password_is_found_as_libpq_finds_it(string line, string? password) =>
        Assert.Equal(password, PasswordFile.Find([line], "10.0.0.1", 5432, "postgres"));

    [Fact]
    public void The_first_line_that_fits_wins() =>
        Assert.Equal("one", PasswordFile.Find(["*:*:*:other:zero", "*:*:*:postgres:one", "*:*:*:postgres:two"], "h", 1, "postgres"));
}
