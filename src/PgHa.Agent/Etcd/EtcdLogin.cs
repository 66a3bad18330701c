using Grpc.Core;
using PgHa.Agent.Configuration;
using PgHa.Agent.Etcd.Wire;

namespace PgHa.Agent.Etcd;

/// <summary>
/// The login at one endpoint. A token is used until etcd does not know it any more: it has run out, or the member was restarted. The password is read
/// again for each login, so that it can be exchanged.
/// </summary>
internal sealed class EtcdLogin(Uri endpoint, string user, string passwordFile, Auth.AuthClient auth)
{
    private const int LongestPassword = 4096;
    private const UnixFileMode Allowed = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
    private static readonly string[] Outdated = ["invalid auth token", "revision of auth store is old", "user name is empty"];

    private volatile string? _token;

    /// <summary>Whether a call failed because of its token.</summary>
    internal static bool IsOutdated(RpcException failure) => Outdated.Any(o => failure.Status.Detail.Contains(o, StringComparison.Ordinal));

    internal void Forget() => _token = null;

    /// <summary>The token to present; empty where etcd asks nobody for one.</summary>
    internal async Task<EtcdAnswer<string>> TokenAsync(CancellationToken bound)
    {
        if (_token is { } known)
            return known;
        if (BoundedFile.Read(passwordFile, LongestPassword, out var password, Allowed) is { } unread)
            return new Outage(unread.Message, unread.Hint);
        try
        {
            var answer = await auth.AuthenticateAsync(new() { Name = user, Password = password.TrimEnd('\r', '\n') }, cancellationToken: bound);
            return _token = answer.Token;
        }
        catch (RpcException e) when (e.Status.Detail.Contains("authentication is not enabled", StringComparison.Ordinal))
        {
            return "";
        }
        catch (RpcException e)
        {
            return OutageWords.Of(endpoint, e);
        }
    }
}
