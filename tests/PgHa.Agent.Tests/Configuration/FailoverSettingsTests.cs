using PgHa.Agent.Configuration;

namespace PgHa.Agent.Tests.Configuration;

[Trait("Category", "Fast")]
public sealed class FailoverSettingsTests
{
    private const string Witness = "witnesses: { w1: 127.0.0.3 }\n";

    [Fact]
    public void Without_a_word_a_person_fails_over()
    {
        var failover = Yaml.Options(Yaml.Good).Failover;

        Assert.Equal(FailoverMode.Manual, failover.Mode);
        Assert.Null(failover.Etcd);
        Assert.Equal((TimeSpan.FromSeconds(8), SyncMode.Off, RejoinMode.Rewind, 16UL << 20), (failover.D, failover.Sync, failover.Rejoin, failover.LagLimit));
        Assert.Empty(FailoverWords.Of(failover));
    }

    /// <summary>The longest path that a socket can be bound to is accepted, and the next one is not: as Linux does it.</summary>
    [Fact]
    public void A_state_dir_in_which_the_guard_could_not_listen_is_refused_where_there_is_a_guard()
    {
        const string automatic = Witness + "failover: { mode: automatic, etcd: beside, d: 4s }", file = "/guard";
        var (longest, tooLong) = ("/tmp/".PadRight(107 - file.Length, 'x'), "/tmp/".PadRight(108 - file.Length, 'x'));

        Assert.Equal(longest, Yaml.Options(Yaml.WithLine($"state_dir: {longest}\n{automatic}")).StateDir);
        Assert.Equal(tooLong, Yaml.Options(Yaml.WithLine($"state_dir: {tooLong}")).StateDir);
        var error = Yaml.OnlyError(Yaml.WithLine($"state_dir: {tooLong}\n{automatic}"));
        Assert.Equal("state_dir", error.Key);
        Assert.Contains("the socket of the guard has 108 bytes there, and Linux allows 107", error.Message, StringComparison.Ordinal);

        Directory.CreateDirectory(longest);
        using (var socket = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified))
            socket.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(longest + file));
        Directory.Delete(longest, recursive: true);
    }

    [Fact]
    public void Beside_the_agents_etcd_has_a_member_on_each_node_and_witness()
    {
        var failover = Yaml.Options(Yaml.WithLine(Witness + "failover: { mode: automatic, etcd: beside, d: 4s }")).Failover;

        Assert.Equal(["pg-node01 http://127.0.0.1:2379/ http://127.0.0.1:2380/", "pg-node02 http://127.0.0.2:2379/ http://127.0.0.2:2380/", "w1 http://127.0.0.3:2379/ http://127.0.0.3:2380/"],
            failover.Etcd!.Members.Select(m => $"{m.Name} {m.Client} {m.Peer}"));
        Assert.Equal(TimeSpan.FromMilliseconds(500), failover.Etcd.Election);
    }

    [Theory]
    [InlineData("etcd: [\"http://127.0.0.1:2379\", \"https://127.0.0.2:2379\"]")]
    [InlineData("etcd: \"http://127.0.0.1:2379,https://127.0.0.2:2379\"")]
    public void An_etcd_that_exists_is_a_list_of_URLs(string written) =>
        Assert.Equal(["http://127.0.0.1:2379/", "https://127.0.0.2:2379/"],
            Yaml.Options(Yaml.WithLine($"failover: {{ mode: automatic, {written} }}")).Failover.Etcd!.Endpoints.Select(e => e.ToString()));

    [Theory]
    [InlineData(8, 1000), InlineData(4, 500), InlineData(2, 250), InlineData(60, 1000)]
    public void Our_own_etcd_elects_in_time_for_each_D(int d, int election)
    {
        var times = new FailoverTimes(TimeSpan.FromSeconds(d), FailoverTimes.ElectionFor(TimeSpan.FromSeconds(d)));

        Assert.Equal(election, times.Election.TotalMilliseconds);
        Assert.True(times.NeededD <= times.D, $"{times.NeededD}");
        // Two elections that have to be repeated, two renewals and the end of the server fit between a renewal and the fence.
        Assert.True((4 * times.Election) + (2 * times.Renewal) + FailoverTimes.UsualStop <= times.D);
        Assert.True(times.Fence(FailoverTimes.UsualStop) + FailoverTimes.UsualStop < times.Expiry * 0.99);
    }

    [Theory]
    [InlineData("mode: maybe", "failover.mode", "'maybe' is none of manual, automatic")]
    [InlineData("mode: automatic", "failover.etcd", "failover.etcd is missing")]
    [InlineData("mode: automatic, etcd: beside", "failover.etcd", "2 machines does not survive the loss of one")]
    [InlineData("etcd: []", "failover.etcd", "empty")]
    [InlineData("etcd: [{ a: b }]", "failover.etcd", "a list of something else")]
    [InlineData("etcd: [\"ftp://127.0.0.1\"]", "failover.etcd", "not an http or https URL")]
    [InlineData("etcd: [\"http://0.0.0.0:2379\"]", "failover.etcd", "names every address")]
    [InlineData("d: 8", "failover.d", "'8' is not a time")]
    [InlineData("d: 0s", "failover.d", "is not a time")]
    [InlineData("d: 1s", "failover.d", "1 s")]
    [InlineData("d: 10min", "failover.d", "600 s")]
    [InlineData("mode: automatic, etcd: [\"http://127.0.0.1:2379\"], d: 4s", "failover.d", "one election could stop the primary")]
    [InlineData("hang_after: 2s", "failover.hang_after", "2 s")]
    [InlineData("priority: 101", "failover.priority", "not a whole number from 0 to 100")]
    [InlineData("etcd_port: 65535", "failover.etcd_port", "not a whole number")]
    [InlineData("etcd: [\"http://127.0.0.1:2379\"], etcd_user: me", "failover.etcd_user", "need each other")]
    [InlineData("etcd_key_file: /k", "failover.etcd_certificate_file", "need each other")]
    [InlineData("sync: true", "failover.sync", "none of off, on, quorum")]
    [InlineData("nofailover: yes", "failover.nofailover", "neither true nor false")]
    [InlineData("watchdog: watchdog", "failover.watchdog", "not an absolute path")]
    [InlineData("lease: 8s", "failover.lease", "unknown key")]
    public void What_cannot_hold_is_refused(string written, string key, string message)
    {
        var error = Yaml.OnlyError(Yaml.WithLine($"failover: {{ {written} }}"));

        Assert.Equal(key, error.Key);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("witnesses: { w1: 127.0.0.3 }", "no etcd runs beside")]
    [InlineData("witnesses: { pg-node01: 127.0.0.3 }\nfailover: { etcd: beside }", "a node and a witness")]
    [InlineData("witnesses: { w1: \"127.0.0.3:2379\" }\nfailover: { etcd: beside }", "is not a host")]
    [InlineData("witnesses: { \"w 1\": 127.0.0.3 }\nfailover: { etcd: beside }", "is not a name")]
    [InlineData("witnesses: [w1]", "is a section")]
    [InlineData("witnesses: { w1: 10.0.0.3 }\nfailover: { etcd: beside }", "without security.tls")]
    public void Witnesses_carry_etcd_and_nothing_else(string written, string message) =>
        Assert.Contains(message, Yaml.OnlyError(Yaml.WithLine(written)).Message, StringComparison.Ordinal);

    [Fact]
    public void The_settings_are_explained_in_seconds()
    {
        var words = FailoverWords.Of(Yaml.Options(Yaml.WithLine(Witness + "failover: { mode: automatic, etcd: beside }")).Failover).ToList();

        Assert.Contains("the primary renews its record in etcd every 1.33 s; an attempt that takes longer is given up and repeated", words);
        Assert.Contains("a primary that cannot renew is killed at the latest 7.62 s after its last renewal", words);
        Assert.Contains("another node takes over at the earliest 8.08 s after the last renewal that it saw", words);
        Assert.Contains("etcd runs on 3 machines, 2 of which have to work", words);
    }
}
