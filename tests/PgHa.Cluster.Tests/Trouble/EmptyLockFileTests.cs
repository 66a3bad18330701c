using System.Globalization;

namespace PgHa.Cluster.Tests.Trouble;

/// <summary>The machine went down before a lock file's words reached the disk: PostgreSQL does not start beside an empty one.</summary>
public sealed class EmptyLockFileTests : ClusterTest
{
    [Theory]
    [InlineData("instance/master", "single, inactive", false, true)]
    [InlineData("instance/master", "single, inactive", true, false)]
    [InlineData("instance/all", "master, slave", true, true)]
    public async Task One_that_nobody_uses_is_removed_and_named(string start, string states, bool pidFile, bool socket)
    {
        var cluster = await BothStopped();
        var node = cluster.N1;
        string[] empty = [.. pidFile ? [node.Postgres.InData("postmaster.pid")] : Array.Empty<string>(), .. socket ? [Lock(node)] : Array.Empty<string>()];
        foreach (var file in empty)
            await AsPostgres.Run("/usr/bin/touch", file);
        await cluster.Play($"POST N1 {start} → {states}");
        foreach (var file in empty)
            Assert.Contains($"removed {file}", File.ReadAllText(node.Agent.LogFile), StringComparison.Ordinal);
    }

    /// <summary>A server of somebody else that has just begun has not written into it yet, or does not write at all.</summary>
    [Fact]
    public async Task One_beside_a_socket_that_somebody_listens_on_stays()
    {
        var cluster = await BothStopped();
        using var other = new System.Net.Sockets.Socket(System.Net.Sockets.AddressFamily.Unix, System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Unspecified);
        other.Bind(new System.Net.Sockets.UnixDomainSocketEndPoint(Lock(cluster.N1)[..^".lock".Length]));
        other.Listen();
        await AsPostgres.AsRoot("/bin/chmod", "777", Lock(cluster.N1)[..^".lock".Length]);
        await AsPostgres.Run("/usr/bin/touch", Lock(cluster.N1));
        var answer = await cluster.N1.Api.Post("instance/master");
        answer.AssertRefused(500, 9);
        Assert.Contains("lock file", answer.Message, StringComparison.Ordinal);
        Assert.True(File.Exists(Lock(cluster.N1)));
    }

    private static string Lock(TestNode node) => node.In(string.Create(CultureInfo.InvariantCulture, $".s.PGSQL.{node.Postgres.Port}.lock"));
}
