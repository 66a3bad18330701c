using PgHa.Agent.Configuration;

namespace PgHa.Agent.Tests.Configuration;

[Trait("Category", "Fast")]
public sealed class ConfigurationLoaderTests
{
    [Fact]
    public void Nodes_keep_the_order_of_the_file_in_block_and_flow_form()
    {
        var options = Yaml.Options(Yaml.Good);

        Assert.Equal(
            [
                new NodeOptions("pg-node01", new Uri("http://127.0.0.1:8079"), "127.0.0.1", 5432),
                new NodeOptions("pg-node02", new Uri("http://127.0.0.2:8079"), "127.0.0.2", 5432),
            ],
            options.Nodes);
        Assert.Equal("pg-node01", options.Self.Name);
        Assert.Equal(["pg-node01", "pg-node02"], options.Nodes.Select(node => node.Name));
        var swapped = Yaml.Options(Yaml.With("pg-node01: {", "pg-node09: {"), ("PGHA__NODE", "pg-node02"));
        Assert.Equal(["pg-node09", "pg-node02"], swapped.Nodes.Select(node => node.Name));
        Assert.Equal("pg-node02", swapped.Self.Name);
    }

    [Fact]
    public void What_is_not_given_has_its_default()
    {
        var options = Yaml.Options(Yaml.Good);

        Assert.Equal(new PostgresOptions { DataDir = "/data/pg" }, options.Postgres);
        Assert.Equal("postgres", options.Postgres.Superuser);
        Assert.Equal("postgres", options.Postgres.ReplicationUser);
        Assert.Equal("/var/lib/pgha", options.StateDir);
        Assert.Equal(new SecurityOptions(), options.Security);
    }

    [Fact]
    public void Every_key_reaches_its_option()
    {
        var options = Yaml.Options("""
            cluster: c
            node: n
            listen: https://0.0.0.0:8443
            nodes: { n: { agent: https://db1.example.org:8443, postgres: "[0:0::1]:5433" } }
            postgres:
              bin_dir: /p/bin
              data_dir: /p/data/
              config_file: /p/postgresql.conf
              log_file: /p/log
              superuser: dba
              replication_user: repl
              database: maintenance
              passfile: /p/pass
            state_dir: /p/./x/../state
            security:
              token_file: /s/token
              tls: { certificate_file: /s/crt, key_file: /s/key, ca_file: /s/ca }
            """);

        Assert.Equal("c", options.Cluster);
        Assert.Equal(new Uri("https://0.0.0.0:8443"), options.Listen);
        Assert.Equal(new NodeOptions("n", new Uri("https://db1.example.org:8443"), "::1", 5433), options.Self);
        var postgres = new PostgresOptions
        {
            BinDir = "/p/bin",
            DataDir = "/p/data",
            ConfigFile = "/p/postgresql.conf",
            LogFile = "/p/log",
            Superuser = "dba",
            ReplicationUser = "repl",
            Database = "maintenance",
            Passfile = "/p/pass",
        };
        Assert.Equal(postgres, options.Postgres);
        Assert.Equal("/p/state", options.StateDir);
        Assert.Equal(new() { TokenFile = "/s/token", Tls = new("/s/crt", "/s/key") { CaFile = "/s/ca" } }, options.Security);
    }

    [Fact]
    public void Settings_say_what_is_in_force_and_where_it_came_from()
    {
        var settings = Yaml.Parse(Yaml.Good, ("PGHA__POSTGRES__DATA_DIR", "/other")).Settings;

        Assert.Contains(new Setting("cluster", "main", "pgha.yml:1"), settings);
        Assert.Contains(new Setting("nodes.pg-node01.agent", "http://127.0.0.1:8079", "pgha.yml:5"), settings);
        Assert.Contains(new Setting("nodes.pg-node02.postgres", "127.0.0.2:5432", "pgha.yml:8"), settings);
        Assert.Contains(new Setting("postgres.data_dir", "/other", "environment PGHA__POSTGRES__DATA_DIR"), settings);
        Assert.Contains(new Setting("state_dir", "/var/lib/pgha", "default"), settings);
        Assert.Contains(new Setting("postgres.passfile", "(none)", "default"), settings);
        Assert.Equal(KnownKeys.Settable(["pg-node01", "pg-node02"]).Order(), settings.Select(setting => setting.Key).Order());
    }

    [Fact]
    public void All_errors_are_found_at_once()
    {
        var result = Yaml.Parse("""
            clutser: main
            node: pg-node09
            listen: ftp://x
            nodes:
              pg-node01: { agent: "http://127.0.0.1:8079", postgres: "127.0.0.1" }
            postgres:
              data_dir: data
            state_dir: [a]
            """, ("PGHA__NOD", "x"));

        Assert.Equal(
            [
                ("clutser", "pgha.yml:1"), ("state_dir", "pgha.yml:8"), ("PGHA__NOD", "environment PGHA__NOD"), ("cluster", "pgha.yml"),
                ("listen", "pgha.yml:3"), ("nodes.pg-node01.postgres", "pgha.yml:5"),
                ("postgres.data_dir", "pgha.yml:7"), ("node", "pgha.yml:2"),
            ],
            result.Errors.Select(error => (error.Key, error.Source)));
        Assert.All(result.Errors, error => Assert.NotEmpty(error.Hint));
    }

    [Fact]
    public void A_token_pasted_where_its_file_belongs_is_not_shown()
    {
        const string Secret = "c2VjcmV0LXNlY3JldC1zZWNyZXQ";

        ConfigurationError[] errors =
        [
            Yaml.OnlyError(Yaml.WithLine($"security: {{ token_file: {Secret} }}")),
            Yaml.OnlyError(Yaml.WithLine($"security: {{ token: {Secret} }}")),
            Yaml.OnlyError(Yaml.WithLine($"security: {Secret}")),
            Yaml.OnlyError(Yaml.Good, ("PGHA__TOKEN", Secret)),
            Yaml.OnlyError(Yaml.With("http://127.0.0.2", $"http://me:{Secret}@127.0.0.2")),
        ];

        Assert.All(errors, error => Assert.DoesNotContain(Secret, error.ToString(), StringComparison.Ordinal));
    }
}
