using PgHa.Agent.Etcd;
using PgHa.Agent.Tests.Configuration;

namespace PgHa.Agent.Tests.Etcd;

[Trait("Category", "Fast")]
public sealed class MemberFlagsTests
{
    [Fact]
    public void All_flags_come_from_the_configuration()
    {
        var flags = Flags("8s");
        Assert.Equal("--name=w1", flags[0]);
        Assert.Contains("--data-dir=/var/lib/pgha/etcd", flags);
        Assert.Contains("--listen-client-urls=http://127.0.0.3:2379,http://[::1]:2379", flags);
        Assert.Contains("--advertise-client-urls=http://127.0.0.3:2379", flags);
        Assert.Contains("--listen-peer-urls=http://127.0.0.3:2380,http://[::1]:2380", flags);
        Assert.Contains("--initial-cluster=pg-node01=http://127.0.0.1:2380,pg-node02=http://127.0.0.2:2380,w1=http://127.0.0.3:2380", flags);
        Assert.Contains("--initial-cluster-state=new", flags);
        Assert.DoesNotContain(flags, f => f.Contains("cert", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("2s", 50, 250), InlineData("4s", 100, 500), InlineData("8s", 100, 1000), InlineData("60s", 100, 1000)]
    public void A_heartbeat_is_at_most_a_fifth_of_the_election_timeout(string d, int heartbeat, int election)
    {
        Assert.Contains($"--heartbeat-interval={heartbeat}", Flags(d));
        Assert.Contains($"--election-timeout={election}", Flags(d));
    }

    [Fact]
    public void With_TLS_clients_and_members_show_certificates()
    {
        var plan = Plan("8s");
        var self = plan.Self with { Client = new("https://127.0.0.3:443"), Peer = new("https://127.0.0.3:444") };
        var flags = MemberFlags.Of(plan with { Self = self, Etcd = plan.Etcd with { Tls = new("/crt", "/key"), CaFile = "/ca" } });
        foreach (var who in new[] { "", "peer-" })
            foreach (var flag in new[] { "cert-file=/crt", "key-file=/key", "trusted-ca-file=/ca", "client-cert-auth=true" })
                Assert.Contains($"--{who}{flag}", flags);
        Assert.Contains("--advertise-client-urls=https://127.0.0.3:443", flags); // the usual port, too: etcd knows none
    }

    [Theory]
    [InlineData("etcd Version: 3.4.23\nGit SHA: Not provided", "3.4.23")]
    [InlineData("etcd Version: 3.6.0-rc.1\n", "3.6.0")]
    [InlineData("etcd Version: 3.10\n", "3.10")]
    [InlineData("etcdctl version: 3.4.23", null)]
    [InlineData("", null)]
    public void A_version_is_read_or_unknown(string said, string? version) => Assert.Equal(version, EtcdProgram.VersionOf(said)?.ToString());

    [Fact]
    public async Task A_missing_etcd_is_named_with_its_package()
    {
        var (program, why) = await EtcdProgram.FindAsync(["relative", "/nonexistent"], TimeProvider.System, TestContext.Current.CancellationToken);
        Assert.Null(program);
        Assert.Contains("apt-get install etcd-server", why!.Hint, StringComparison.Ordinal);
        Assert.Equal(["/opt/bin", "/usr/bin"], EtcdProgram.Folders("/opt/bin:"));
    }

    private static IReadOnlyList<string> Flags(string d) => MemberFlags.Of(Plan(d));

    private static MemberPlan Plan(string d)
    {
        var options = Yaml.Options(Yaml.WithLine($"witnesses: {{ w1: 127.0.0.3 }}\nfailover: {{ etcd: beside, d: {d} }}"));
        return new(options.Failover.Etcd!.Members[2], options.Failover.Etcd, options.Cluster, options.State.EtcdData, ["127.0.0.3", "[::1]"]);
    }
}
