using System.Net.Security;
using Grpc.Core;
using Grpc.Net.Client;
using PgHa.Agent.Configuration;
using PgHa.Agent.Etcd.Wire;

namespace PgHa.Agent.Etcd;

/// <summary>One endpoint of etcd, with a channel of its own.</summary>
internal sealed class EtcdEndpoint : IDisposable
{
    private const int LongestAnswer = 1 << 22;
    private readonly GrpcChannel _channel;
    private readonly EtcdLogin? _login;

    internal EtcdEndpoint(Uri url, EtcdOptions options, SslClientAuthenticationOptions? tls)
    {
        Url = url;
        // By a client and not by its handler: a handler would get a balancer, which keeps away from an endpoint for minutes after it has failed.
        _channel = GrpcChannel.ForAddress(url, new()
        {
            HttpClient = EtcdConnection.Client(tls),
            DisposeHttpClient = true,
            MaxReceiveMessageSize = LongestAnswer,
        });
        Keys = new(_channel);
        Watches = new(_channel);
        Maintenance = new(_channel);
        Membership = new(_channel);
        _login = options is { User: { } user, PasswordFile: { } file } ? new(url, user, file, new(_channel)) : null;
    }

    internal Uri Url { get; }

    internal KV.KVClient Keys { get; }

    internal Watch.WatchClient Watches { get; }

    internal Maintenance.MaintenanceClient Maintenance { get; }

    internal Wire.Cluster.ClusterClient Membership { get; }

    public void Dispose() => _channel.Dispose();

    /// <summary>One call, logged in. A token that etcd does not know any more is renewed once.</summary>
    internal async Task<EtcdAnswer<T>> AskAsync<T>(Func<CallOptions, AsyncUnaryCall<T>> call, CancellationToken bound)
    {
        try
        {
            for (var again = false; ; again = true)
            {
                var headers = await HeadersAsync(bound);
                if (!headers.IsOk)
                    return headers.Outage;
                try
                {
                    using var running = call(new(headers.Value, cancellationToken: bound));
                    return await running.ResponseAsync;
                }
                catch (RpcException e) when (_login is not null && !again && EtcdLogin.IsOutdated(e))
                {
                    _login.Forget();
                }
            }
        }
        catch (RpcException e)
        {
            return OutageWords.Of(Url, e);
        }
    }

    /// <summary>What every call presents.</summary>
    internal async Task<EtcdAnswer<Metadata>> HeadersAsync(CancellationToken bound)
    {
        var headers = new Metadata();
        if (_login is null)
            return headers;
        var token = await _login.TokenAsync(bound);
        if (!token.IsOk)
            return token.Outage;
        if (token.Value.Length > 0)
            headers.Add("token", token.Value);
        return headers;
    }

    /// <summary>The next call logs in anew.</summary>
    internal void ForgetLogin() => _login?.Forget();
}
