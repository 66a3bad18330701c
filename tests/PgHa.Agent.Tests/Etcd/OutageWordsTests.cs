using System.Net.Sockets;
using System.Security.Authentication;
using Grpc.Core;
using PgHa.Agent.Etcd;

namespace PgHa.Agent.Tests.Etcd;

[Trait("Category", "Fast")]
public sealed class OutageWordsTests
{
    private static readonly Uri Endpoint = new("http://127.0.0.1:2379");

    [Theory]
    [InlineData(StatusCode.Unavailable, "etcdserver: no leader", "127.0.0.1:2379: no leader", "more than half")]
    [InlineData(StatusCode.InvalidArgument, "etcdserver: authentication failed, invalid user ID or password", "127.0.0.1:2379: authentication failed, invalid user ID or password", "failover.etcd_password_file")]
    [InlineData(StatusCode.PermissionDenied, "etcdserver: permission denied", "127.0.0.1:2379: permission denied", "readwrite")]
    [InlineData(StatusCode.ResourceExhausted, "etcdserver: mvcc: database space exceeded", "127.0.0.1:2379: mvcc: database space exceeded", "alarm disarm")]
    [InlineData(StatusCode.Cancelled, "Call canceled by the client.", "127.0.0.1:2379 does not answer in time", "more than half")]
    [InlineData(StatusCode.Unavailable, "upstream", "127.0.0.1:2379: upstream", "more than half")]
    public void What_etcd_says_is_told_with_what_to_do(StatusCode code, string detail, string reason, string hint)
    {
        var outage = OutageWords.Of(Endpoint, new RpcException(new Status(code, detail)));
        Assert.Equal(reason, outage.Reason);
        Assert.Contains(hint, outage.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void The_reason_lies_within()
    {
        Assert.Equal("127.0.0.1:2379: Connection refused", Lost(new HttpRequestException("no", new SocketException((int)SocketError.ConnectionRefused))).Reason);
        var tls = Lost(new HttpRequestException("no", new AuthenticationException("UntrustedRoot")));
        Assert.Equal("127.0.0.1:2379: TLS: UntrustedRoot", tls.Reason);
        Assert.Contains("failover.etcd_ca_file", tls.Hint, StringComparison.Ordinal);
    }

    /// <summary>A server that does not like a client's certificate hangs up, and .NET tells it in various ways.</summary>
    [Fact]
    public void A_closed_connection_may_be_about_the_certificate()
    {
        foreach (var within in new Exception[] { new IOException("ended"), new ObjectDisposedException(null, "ended"), new IOException("no", new SocketException((int)SocketError.ConnectionReset)) })
        {
            var failure = new RpcException(new Status(StatusCode.Unavailable, "no", new HttpRequestException("no", within)));
            Assert.Contains("certificate", OutageWords.Of(new("https://127.0.0.1:2379"), failure).Hint, StringComparison.Ordinal);
            Assert.Equal(Outage.UsualHint, OutageWords.Of(Endpoint, failure).Hint);
            Assert.StartsWith("127.0.0.1:2379 has closed the connection: ", OutageWords.Of(Endpoint, failure).Reason, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("/pgha/a/", "/pgha/a0")]
    [InlineData("a", "b")]
    public void A_prefix_ends_before_its_next_neighbour(string prefix, string end) => Assert.Equal(end, WireForm.EndOf(prefix).ToStringUtf8());

    private static Outage Lost(Exception within) => OutageWords.Of(Endpoint, new RpcException(new Status(StatusCode.Unavailable, "Error starting gRPC call.", within)));
}
