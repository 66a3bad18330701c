using PgHa.Agent.Configuration;
using PgHa.Client.Facts;

namespace PgHa.Agent.Tests.Configuration;

[Trait("Category", "Fast")]
public sealed class RulesTests
{
    [Fact]
    public void A_node_that_is_not_among_the_nodes_is_told_the_nearest_one()
    {
        var error = Yaml.OnlyError(Yaml.With("node: pg-node01", "node: pg-nod02"));

        Assert.Equal(("node", "the nearest one is pg-node02", "pgha.yml:2"), (error.Key, error.Hint, error.Source));
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(7, true)]
    [InlineData(8, false)]
    public void A_cluster_has_one_to_seven_nodes(int count, bool isRight) =>
        Assert.Equal(isRight, !NodeRules.Check("n1", Nodes(count)).Any());

    [Theory]
    [InlineData("nodes:\n")]
    [InlineData("nodes: {}\n")]
    [InlineData("")]
    public void No_nodes_at_all_is_one_error(string nodes)
    {
        var error = Yaml.OnlyError($"cluster: main\nnode: a\nlisten: http://127.0.0.1:1\n{nodes}postgres: {{ data_dir: /data }}\n");

        Assert.Equal(("nodes", "name 1 to 7 nodes"), (error.Key, error.Hint));
    }

    [Fact]
    public void No_word_of_the_API_can_be_a_node()
    {
        Assert.Equal(8, NodeRules.Reserved.Count);
        foreach (var word in NodeRules.Reserved.Append("ALL"))
            Assert.Equal($"nodes.{word}", Yaml.OnlyError(Yaml.With("pg-node02", word)).Key);
    }

    [Fact]
    public void A_name_that_does_not_fit_a_path_cannot_be_a_node()
    {
        var error = Yaml.OnlyError(Yaml.With("pg-node02", "pg/node02"));

        Assert.Equal(("nodes.pg/node02", "pgha.yml:6"), (error.Key, error.Source));
    }

    [Theory]
    [InlineData("http://127.0.0.2:8079", "http://127.0.0.1:8079", "nodes.pg-node02.agent")]
    [InlineData("http://127.0.0.2:8079", "https://127.0.0.1:8079/", "nodes.pg-node02.agent")]
    [InlineData("postgres: 127.0.0.2:5432", "postgres: 127.0.0.1:5432", "nodes.pg-node02.postgres")]
    [InlineData("pg-node02", "PG-Node01", "nodes.PG-Node01")]
    public void Two_nodes_share_neither_name_nor_address(string old, string replacement, string key) =>
        Assert.Equal(key, Yaml.OnlyError(Yaml.With(old, replacement)).Key);

    [Theory]
    [InlineData("pg.node01"), InlineData("pg_node01")]
    public void Two_nodes_whose_replication_slots_would_have_one_name_are_refused(string twin)
    {
        var error = Yaml.OnlyError(Yaml.With("pg-node02", twin));

        Assert.Equal($"nodes.{twin}", error.Key);
        Assert.Contains("pgha_pg_node01", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_slot_is_named_after_its_node_as_PostgreSQL_allows_it()
    {
        Assert.Equal("pgha_db_1_example_org", SlotName.Of("DB-1.example.org"));
        Assert.Equal(63, SlotName.Of(new string('a', 63)).Length);
    }

    [Fact]
    public void A_node_without_an_address_is_reported_at_the_nodes_line()
    {
        var error = Yaml.OnlyError(Yaml.With("    postgres: 127.0.0.2:5432\n", ""));

        Assert.Equal(("nodes.pg-node02.postgres is missing", "pgha.yml:6"), (error.Message, error.Source));
    }

    [Theory]
    [InlineData("http://0.0.0.0:8079")]
    [InlineData("http://[::]:8079")]
    [InlineData("http://192.168.0.1:8079")]
    [InlineData("http://pg-node01:8079")]
    public void Listening_beyond_loopback_needs_a_token(string listen)
    {
        var open = Yaml.With("listen: http://127.0.0.1:8079", $"listen: {listen}");

        Assert.Equal("security.token_file", Yaml.OnlyError(open).Key);
        var options = Yaml.Options($"{open}\nsecurity: {{ token_file: /t }}");
        Assert.Equal("/t", options.Security.TokenFile);
        Assert.Contains("clear text", AgentRules.Warn(options)!.Message, StringComparison.Ordinal);
        Assert.Null(AgentRules.Warn(options with { Listen = new("https://192.168.0.1:8079") }) ?? AgentRules.Warn(options with { Listen = new("http://127.0.0.1:8079") }));
    }

    [Fact]
    public void Listening_on_https_needs_a_certificate_and_its_key()
    {
        var https = Yaml.With("listen: http:", "listen: https:");

        Assert.Equal("security.tls", Yaml.OnlyError(https).Key);
        Assert.Equal("security.tls.key_file", Yaml.OnlyError($"{https}\nsecurity: {{ tls: {{ certificate_file: /c }} }}").Key);
        Assert.Equal("security.tls.certificate_file", Yaml.OnlyError($"{https}\nsecurity: {{ tls: {{ key_file: /k }} }}").Key);
        var options = Yaml.Options($"{https}\nsecurity: {{ tls: {{ certificate_file: /c, key_file: /k }} }}");
        Assert.Equal(new TlsOptions("/c", "/k"), options.Security.Tls);
    }

    [Theory]
    [InlineData("/data/pg", "/data/pgha", true)]
    [InlineData("/data/pg", "/data", false)]
    [InlineData("/data/pg", "/data/pg/", false)]
    [InlineData("/data/pg", "/data/x/../pg/pgha", false)]
    [InlineData("/data/pg", "/", false)]
    [InlineData("/", "/data", false)]
    public void State_and_data_lie_in_different_directories(string dataDir, string stateDir, bool isRight)
    {
        var result = Yaml.Parse(Yaml.With("data_dir: /data/pg", $"data_dir: {dataDir}") + $"\nstate_dir: {stateDir}\n");

        Assert.Equal(isRight, result.IsValid);
        Assert.All(result.Errors, error => Assert.Equal(("state_dir", "pgha.yml:11"), (error.Key, error.Source)));
    }

    [Fact]
    public void Every_path_is_absolute()
    {
        var errors = Yaml.Parse("""
            cluster: main
            node: n
            listen: http://127.0.0.1:1
            nodes: { n: { agent: http://127.0.0.1:1, postgres: 127.0.0.1:2 } }
            postgres: { bin_dir: a, data_dir: ./b, config_file: c, log_file: ~/d, passfile: ../e }
            state_dir: f
            security: { token_file: g, tls: { certificate_file: h, key_file: i, ca_file: j } }
            """).Errors;

        Assert.Equal(10, errors.Count);
        Assert.All(errors, error => Assert.Equal($"{error.Key}: not an absolute path", error.Message));
    }

    private static List<NodeDraft> Nodes(int count) =>
    [
        .. Enumerable.Range(1, count).Select(number =>
            new NodeDraft($"n{number}", new Uri($"http://127.0.0.{number}:1"), new PostgresAddress($"127.0.0.{number}", 2))),
    ];

    [Theory]
    [InlineData("security: { local: closed }", "security.local", "'closed' is neither open nor owner")]
    [InlineData("security: { local: owner }", "security.local", "which the other agents do not know")]
    [InlineData("security: { tokens_file: /t }", "security.token_file", "security.tokens_file is set")]
    [InlineData("security: { tls: { client_ca_file: /c, certificate_file: /a } }", "security.tls.key_file", "is missing")]
    [InlineData("security: { local: owner, tls: { client_ca_file: /c, certificate_file: /a, key_file: /k } }", "security.tls.client_ca_file", "127.0.0.1:8079 is plain http")]
    public void Who_may_call_is_complete(string line, string key, string message)
    {
        var error = Yaml.OnlyError(Yaml.WithLine(line));

        Assert.Equal(key, error.Key);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.NotEmpty(error.Hint);
    }

    [Theory]
    [InlineData("local: owner"), InlineData("tokens_file: /t"), InlineData("token_file: /t")]
    public void Certificates_let_agents_in_and_people_have_a_token(string people) => Assert.Empty(Yaml.Parse(WithClients(people + ", ")).Errors);

    [Fact]
    public void Where_only_agents_could_call_it_is_said()
    {
        var error = Yaml.OnlyError(WithClients(""));

        Assert.Contains("lets the agents in, and nobody else", error.Message, StringComparison.Ordinal);
        Assert.Contains("security.local: owner", error.Hint, StringComparison.Ordinal);
    }

    private static string WithClients(string people) =>
        Yaml.WithLine($"security: {{ {people}tls: {{ client_ca_file: /c, certificate_file: /a, key_file: /k }} }}").Replace("http:", "https:", StringComparison.Ordinal);
}
