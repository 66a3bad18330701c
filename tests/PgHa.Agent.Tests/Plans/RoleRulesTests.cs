using PgHa.Agent.Plans;

namespace PgHa.Agent.Tests.Plans;

/// <summary>What the replication role lacks is named piece by piece, and only that.</summary>
[Trait("Category", "Fast")]
public class RoleRulesTests
{
    [Fact]
    public void Nothing_is_said_where_nothing_is_missing() => Assert.Null(RoleRules.Refuse("r", "n1", "postgres", new(true, true, [])));

    [Theory]
    [InlineData(false, true, "", "ALTER ROLE \"a\"\"b\" REPLICATION;")]
    [InlineData(true, false, "", "GRANT pg_monitor TO \"a\"\"b\";")]
    [InlineData(true, true, "pg_read_binary_file(text)", "GRANT EXECUTE ON FUNCTION pg_read_binary_file(text) TO \"a\"\"b\";")]
    public void Each_piece_has_its_statement(bool replicates, bool monitors, string missing, string statement)
    {
        var refusal = RoleRules.Refuse("a\"b", "n1", "maintenance", new(replicates, monitors, missing.Length == 0 ? [] : [missing]));
        Assert.Equal($"as superuser on the primary, in database maintenance: {statement}", refusal?.Hint);
    }
}
