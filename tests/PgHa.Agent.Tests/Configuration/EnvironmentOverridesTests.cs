namespace PgHa.Agent.Tests.Configuration;

[Trait("Category", "Fast")]
public sealed class EnvironmentOverridesTests
{
    [Fact]
    public void The_environment_wins_over_the_file()
    {
        var options = Yaml.Options(
            Yaml.Good,
            ("PGHA__LISTEN", "http://localhost:9000"), ("PGHA__POSTGRES__DATA_DIR", "/env"), ("PGHA__SECURITY__TLS__KEY_FILE", "/k"),
            ("PGHA__SECURITY__TLS__CERTIFICATE_FILE", "/c"));

        Assert.Equal("http://localhost:9000/", options.Listen.ToString());
        Assert.Equal("/env", options.Postgres.DataDir);
        Assert.Equal("/k", options.Security.Tls!.KeyFile);
    }

    [Fact]
    public void A_node_is_found_by_its_name_with_underscores_in_any_case()
    {
        var options = Yaml.Options(
            Yaml.Good.Replace("pg-node02", "db.Two", StringComparison.Ordinal),
            ("PGHA__NODES__PG_NODE01__POSTGRES", "h1:1"), ("PGHA__NODES__db_two__POSTGRES", "h2:2"));

        Assert.Equal([("h1", 1), ("h2", 2)], options.Nodes.Select(node => (node.PostgresHost, node.PostgresPort)));
    }

    [Fact]
    public void A_required_value_may_come_from_the_environment_alone()
    {
        var options = Yaml.Options(Yaml.With("  data_dir: /data/pg", "  # none"), ("PGHA__POSTGRES__DATA_DIR", "/env"));

        Assert.Equal("/env", options.Postgres.DataDir);
    }

    [Theory]
    [InlineData("PGHA__POSTGRES__DATADIR", "PGHA__POSTGRES__DATA_DIR")]
    [InlineData("PGHA__DATA_DIR", "PGHA__POSTGRES__DATA_DIR")]
    [InlineData("PGHA__POSTGRES", "PGHA__NODES__PG_NODE01__POSTGRES")]
    [InlineData("PGHA__NODES__PG_NODE03__AGENT", "PGHA__NODES__PG_NODE01__AGENT")]
    [InlineData("PGHA__", "PGHA__FAILOVER__D")]
    public void An_unknown_variable_names_the_nearest_known_one(string variable, string nearest)
    {
        var error = Yaml.OnlyError(Yaml.Good, (variable, "x"));

        Assert.Equal((variable, $"unknown variable {variable}", $"environment {variable}"), (error.Key, error.Message, error.Source));
        Assert.Contains($" {nearest};", error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Other_variables_do_not_matter() =>
        Yaml.Options(Yaml.Good, ("PGHA_TOKEN", "x"), ("PGDATA", "/x"), ("pgha__x", "y"));

    [Fact]
    public void A_variable_that_may_mean_two_nodes_is_refused()
    {
        var errors = Yaml.Parse(
            Yaml.Good.Replace("pg-node02", "pg.node01", StringComparison.Ordinal), ("PGHA__NODES__PG_NODE01__AGENT", "http://127.0.0.9:1")).Errors;

        Assert.Contains(errors, error => error.Message.Contains("nodes.pg-node01.agent or nodes.pg.node01.agent", StringComparison.Ordinal));
    }

    [Fact]
    public void Two_variables_for_one_key_are_refused()
    {
        var error = Yaml.OnlyError(Yaml.Good, ("PGHA__NODE", "pg-node01"), ("PGHA__node", "pg-node02"));

        Assert.Contains("both set node", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "state_dir: empty")]
    [InlineData("relative", "not an absolute path")]
    public void A_wrong_value_is_reported_with_its_variable(string value, string message)
    {
        var error = Yaml.OnlyError(Yaml.Good, ("PGHA__STATE_DIR", value));

        Assert.Equal(("state_dir", "environment PGHA__STATE_DIR"), (error.Key, error.Source));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }
}
