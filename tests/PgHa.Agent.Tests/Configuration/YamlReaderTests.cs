namespace PgHa.Agent.Tests.Configuration;

[Trait("Category", "Fast")]
public sealed class YamlReaderTests
{
    [Theory]
    [InlineData("stat_dir: /x", "stat_dir", "state_dir")]
    [InlineData("data_dir: /x", "data_dir", "postgres.data_dir")]
    [InlineData("Cluster: /x", "Cluster", "cluster")]
    [InlineData("securty: { token_file: /x }", "securty", "security")]
    [InlineData("security: { tls: { certificate: /x } }", "security.tls.certificate", "security.tls.certificate_file")]
    [InlineData("security: { tokenfile: /x }", "security.tokenfile", "security.token_file")]
    public void An_unknown_key_names_the_nearest_known_one_and_its_line(string line, string key, string nearest)
    {
        var error = Yaml.OnlyError(Yaml.WithLine(line));

        Assert.Equal((key, $"unknown key {key}"), (error.Key, error.Message));
        Assert.Equal(($"the nearest known key is {nearest}", "pgha.yml:11"), (error.Hint, error.Source));
    }

    [Fact]
    public void An_unknown_key_of_a_node_names_the_nodes_own_key()
    {
        var error = Yaml.OnlyError(Yaml.With("    postgres: 127.0.0.2:5432", "    postgres: 127.0.0.2:5432\n    agnet: x"));

        Assert.Equal(("the nearest known key is nodes.pg-node02.agent", "pgha.yml:9"), (error.Hint, error.Source));
    }

    [Fact]
    public void A_dotted_key_is_explained_as_levels()
    {
        var error = Yaml.OnlyError(Yaml.WithLine("postgres.log_file: /x"));

        Assert.Equal("write it in levels: `postgres:` and indented below it `log_file:`", error.Hint);
    }

    [Theory]
    [InlineData("cluster: again", "cluster is written twice; first in line 1", "pgha.yml:11")]
    [InlineData("postgres: { superuser: x }", "postgres is written twice; first in line 9", "pgha.yml:11")]
    [InlineData("state_dir: /a\nstate_dir: /b", "state_dir is written twice; first in line 11", "pgha.yml:12")]
    public void A_duplicate_key_names_both_lines(string lines, string message, string source)
    {
        var error = Yaml.OnlyError(Yaml.WithLine(lines));

        Assert.Equal((message, source), (error.Message, error.Source));
    }

    [Fact]
    public void A_node_written_twice_is_a_duplicate()
    {
        var error = Yaml.OnlyError(Yaml.With("  pg-node02:", "  pg-node01:"));

        Assert.Equal(("nodes.pg-node01", "pgha.yml:6"), (error.Key, error.Source));
    }

    [Theory]
    [InlineData("state_dir: [/x]", "state_dir takes one value")]
    [InlineData("state_dir: { a: b }", "state_dir takes one value")]
    [InlineData("state_dir:", "state_dir has no value")]
    [InlineData("state_dir: ~", "state_dir has no value")]
    [InlineData("state_dir: ''", "state_dir: empty")]
    [InlineData("state_dir: \"/a\\nb\"", "state_dir: contains a line break")]
    [InlineData("security: /x", "security is a section")]
    [InlineData("security: [token_file]", "security is a section")]
    [InlineData("security: { tls: /x }", "security.tls is a section")]
    [InlineData("? [a, {b: c}]\n: x", "a key is not plain text")]
    public void A_value_of_the_wrong_kind_is_an_error_at_its_line(string line, string message)
    {
        var error = Yaml.OnlyError(Yaml.WithLine(line));

        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
        Assert.Equal("pgha.yml:11", error.Source);
    }

    [Fact]
    public void Aliases_are_refused()
    {
        var error = Yaml.OnlyError(Yaml.With("data_dir: ", "data_dir: &a ") + "\nstate_dir: *a\n");

        Assert.StartsWith("state_dir takes one value", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_section_whose_keys_are_all_commented_out_is_empty() =>
        Assert.Null(Yaml.Options(Yaml.WithLine("security:\n  # token_file: /x")).Security.TokenFile);

    [Fact]
    public void Tabs_for_indentation_are_found_in_every_line_but_not_in_comments()
    {
        var errors = Yaml.Parse("\t# fine\n" + Yaml.With("  data_dir", "\tdata_dir") + "\n \tpassfile: /x\n").Errors;

        Assert.Equal(["pgha.yml:11", "pgha.yml:12"], errors.Select(error => error.Source));
        Assert.All(errors, error => Assert.Equal("a tab is used for indentation", error.Message));
    }

    [Theory]
    [InlineData("state_dir: \"/x", 11)]
    [InlineData("security: { token_file: /x", 11)]
    [InlineData("state_dir: a: b", 11)]
    [InlineData("state_dir: @x", 11)]
    [InlineData("}", 11)]
    public void What_is_not_YAML_is_one_error_with_a_line(string line, int atLeast)
    {
        var error = Yaml.OnlyError(Yaml.WithLine(line));

        Assert.StartsWith("not YAML: ", error.Message, StringComparison.Ordinal);
        Assert.InRange(int.Parse(error.Source["pgha.yml:".Length..], null), atLeast, atLeast + 2);
    }

    [Fact]
    public void An_unquoted_IPv6_address_is_an_error_that_speaks_of_quotes()
    {
        var errors = Yaml.Parse(Yaml.With("postgres: 127.0.0.2:5432", "postgres: [::1]:5432")).Errors;

        Assert.NotEmpty(errors);
        Assert.All(errors, error => Assert.Contains("in quotes", error.Hint, StringComparison.Ordinal));
        Assert.All(errors, error => Assert.Equal("pgha.yml:8", error.Source));
    }

    [Theory]
    [InlineData("just words")]
    [InlineData("- a\n- b")]
    public void A_file_without_keys_is_refused(string text) =>
        Assert.Equal("the file does not consist of keys and values", Yaml.OnlyError(text).Message);

    [Fact]
    public void A_second_document_is_refused() =>
        Assert.Equal("a second YAML document starts here", Yaml.OnlyError(Yaml.WithLine("---\ncluster: other")).Message);

    [Fact]
    public void Deep_nesting_does_not_exhaust_the_stack() =>
        Assert.Single(Yaml.Parse(Yaml.WithLine("x: " + new string('[', 5_000) + new string(']', 5_000))).Errors);
}
