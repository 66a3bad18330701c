using System.Text.RegularExpressions;

namespace PgHa.Cluster.Tests.Harness;

/// <summary>The files an operator writes for a node: postgresql.conf, and pgha.yml for the agent.</summary>
internal static partial class NodeFiles
{
    public static void WritePostgresConf(TestNode node) => File.WriteAllText(node.Postgres.InData("postgresql.conf"), $"""
        listen_addresses = '{node.Address}'
        port = {node.Postgres.Port}
        unix_socket_directories = '{node.Folder}'
        cluster_name = '{node.Name}'
        wal_level = replica
        hot_standby = on
        max_wal_senders = 10
        wal_keep_size = 256MB
        min_wal_size = 32MB
        shared_buffers = 32MB
        max_connections = 50
        log_line_prefix = '%m [%p] '
        timezone = 'UTC'
        log_timezone = 'UTC'

        """);

    /// <summary>Replaces the port that pg_basebackup -R noted in primary_conninfo.</summary>
    public static void PointTo(TestNode standby, TestNode primary)
    {
        var file = standby.Postgres.InData("postgresql.auto.conf");
        File.WriteAllText(file, PortInConninfo().Replace(File.ReadAllText(file), $"port={primary.Postgres.Port}"));
    }

    public static void WriteAgentConfig(TestNode node, IEnumerable<TestNode> all) => File.WriteAllText(node.Agent.ConfigFile, $$"""
        cluster: test
        node: {{node.Name}}
        listen: {{node.AgentUrl.GetLeftPart(UriPartial.Authority)}}
        nodes:
        {{string.Join('\n', all.Select(n => $$"""  {{n.Name}}: { agent: "{{n.AgentUrl.GetLeftPart(UriPartial.Authority)}}", postgres: "{{n.Address}}:{{n.Postgres.Port}}" }"""))}}
        postgres:
          bin_dir: {{AsPostgres.BinDir}}
          data_dir: {{node.Postgres.DataDirectory}}
          log_file: {{node.Postgres.LogFile}}
        state_dir: {{node.In("state")}}

        """);

    [GeneratedRegex(@"port=\d+")]
    private static partial Regex PortInConninfo();
}
