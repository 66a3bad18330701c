using PgHa.Agent.Configuration;
using PgHa.Agent.Postgres;

namespace PgHa.Agent.Tests.Postgres;

[Trait("Category", "Fast")]
public class HostAccessTests
{
    private static string Rules(bool passwords, params string[] hosts) =>
        HostAccess.Rules(hosts.Select((h, i) => new NodeOptions($"n{i}", new("http://127.0.0.1:1"), h, 5432)), "postgres", passwords);

    [Fact]
    public void Every_node_may_replicate_and_query_with_a_password()
    {
        var rules = Rules(true, "10.0.0.1", "fd00::2", "db3.example.com");
        foreach (var address in new[] { "10.0.0.1/32", "fd00::2/128", "db3.example.com" })
            foreach (var database in new[] { "replication", "all" })
                Assert.Contains($"host  {database}  all  {address}  scram-sha-256\n", rules, StringComparison.Ordinal);
        Assert.DoesNotContain("trust", rules, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_passwords_only_loopback_addresses_are_trusted()
    {
        Assert.True(HostAccess.IsLoopback("127.0.0.2") && HostAccess.IsLoopback("::1") && HostAccess.IsLoopback("localhost"));
        Assert.False(HostAccess.IsLoopback("10.0.0.1") || HostAccess.IsLoopback("db3.example.com") || HostAccess.IsLoopback("localhost.example.com"));
        var trusted = Rules(false, "127.0.0.1", "127.0.0.2").Split('\n').Where(l => l.EndsWith("trust", StringComparison.Ordinal));
        Assert.Equal(["host  replication  all  127.0.0.0/8  trust", "host  all  all  127.0.0.0/8  trust"], trusted);
    }

    [Fact]
    public void The_agents_user_is_the_superuser_on_the_socket_whatever_their_names() => Assert.Equal(
        "# MAPNAME  SYSTEM-USERNAME  PG-USERNAME\npgha  \"pg\"  \"the \"\"boss\"\"\"\n", HostAccess.Identities("pg", "the \"boss\""));
}
