using System.Net.Sockets;
using System.Security.Authentication;
using Grpc.Core;

namespace PgHa.Agent.Etcd;

/// <summary>What a failed call means, in words. Pure.</summary>
internal static class OutageWords
{
    private const string OfEtcd = "etcdserver: ";
    private const string LoginHint = "check failover.etcd_user and the password in failover.etcd_password_file";

    private const string AuthorityHint = "check the authorities in failover.etcd_ca_file (with beside: security.tls.ca_file) and the names in etcd's certificate";

    // A server looks at the client's certificate when the client counts as connected: it can only hang up.
    private const string CertificateHint = "if etcd works there: does it trust the authority of this machine's certificate, and may the certificate be used by clients?";

    private static readonly (string Said, string Hint)[] Hints =
    [
        ("authentication failed", LoginHint),
        ("user name is empty", "etcd asks for a user: set failover.etcd_user and failover.etcd_password_file"),
        ("invalid auth token", LoginHint),
        ("permission denied", "give the role of that user readwrite on all keys that begin with /pgha/CLUSTER/ (etcdctl role grant-permission ROLE --prefix=true readwrite /pgha/CLUSTER/)"),
        ("database space exceeded", "etcd's quota is used up: etcdctl compact and etcdctl defrag, then etcdctl alarm disarm"),
        ("corrupt", "a member holds other data than the rest: replace it"),
    ];

    internal static Outage Silent(Uri endpoint) => new($"{endpoint.Authority} does not answer in time", Outage.UsualHint);

    internal static Outage Of(Uri endpoint, RpcException failure) => failure.StatusCode is StatusCode.Cancelled or StatusCode.DeadlineExceeded && Source(failure) is null
        ? Silent(endpoint)
        : Said(endpoint, failure.Status.Detail) ?? Lost(endpoint, failure);

    /// <summary>What etcd itself said.</summary>
    internal static Outage? Said(Uri endpoint, string detail) => detail.IndexOf(OfEtcd, StringComparison.Ordinal) is var at and >= 0
        ? new($"{endpoint.Authority}: {detail[(at + OfEtcd.Length)..]}", HintFor(detail))
        : null;

    private static string HintFor(string detail) => Hints.FirstOrDefault(h => detail.Contains(h.Said, StringComparison.Ordinal)).Hint ?? Outage.UsualHint;

    private static Outage Lost(Uri endpoint, RpcException failure) => Source(failure) switch
    {
        AuthenticationException tls => new($"{endpoint.Authority}: TLS: {tls.Message}", AuthorityHint),
        SocketException { SocketErrorCode: not (SocketError.ConnectionReset or SocketError.Shutdown) } refused => new($"{endpoint.Authority}: {refused.Message}", Outage.UsualHint),
        { Message: var message } => new($"{endpoint.Authority} has closed the connection: {message}", endpoint.Scheme == Uri.UriSchemeHttps ? CertificateHint : Outage.UsualHint),
        null => new($"{endpoint.Authority}: {failure.Status.Detail}", Outage.UsualHint),
    };

    /// <summary>The exception that tells most: the one about TLS or the socket, or else the innermost.</summary>
    private static Exception? Source(RpcException failure)
    {
        var source = failure.Status.DebugException ?? failure.InnerException;
        if (source is OperationCanceledException)
            return null;
        while (source?.InnerException is { } inner and not OperationCanceledException && source is not (AuthenticationException or SocketException))
            source = inner;
        return source;
    }
}
