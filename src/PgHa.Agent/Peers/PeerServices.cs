using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Postgres;
using PgHa.Agent.Security;
using PgHa.Client;

namespace PgHa.Agent.Peers;

/// <summary>Registers the nodes: the local one with its hands on the instance, the others through their agents.</summary>
public static class PeerServices
{
    /// <summary>Of an answer that is held in memory; files are passed on piece by piece.</summary>
    private const int LongestAnswer = 1 << 26;

    /// <summary>Adds the cluster of the configuration.</summary>
    public static IServiceCollection AddPeers(this IServiceCollection services) => services
        .AddSingleton(s => new ClusterObserver(Nodes(s), s.GetRequiredService<ViewSeen>()))
        .AddSingleton(s => new Lazy<ClusterObserver>(s.GetRequiredService<ClusterObserver>));

    private static INode[] Nodes(IServiceProvider services)
    {
        var options = services.GetRequiredService<AgentOptions>();
        var token = services.GetRequiredService<AccessToken>();
        return
        [
            .. options.Nodes.Select(n => n.Name == options.Node
                ? services.GetRequiredService<LocalNode>()
                : Remote(n, options, token, services.GetRequiredService<TimeProvider>())),
        ];
    }

    /// <summary>A node as seen from outside, through its agent.</summary>
    public static INode Remote(NodeOptions node, AgentOptions options, AccessToken token, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(token);
        return new RemoteNode(node.Name, Client(node, options, token, time));
    }

    private static HttpClient Client(NodeOptions node, AgentOptions options, AccessToken token, TimeProvider time)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = new PeerConnection(time).ConnectAsync,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
            UseProxy = false,
            AllowAutoRedirect = false,
        };
        if (options.Security.Tls?.CaFile is { } authority)
            handler.SslOptions = Trusting(authority);
        var client = new HttpClient(handler) { BaseAddress = node.Agent, Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = LongestAnswer };
        client.DefaultRequestHeaders.Add(Routes.ClusterHeader, options.Identity.Digest);
        if (token.Value is { } secret)
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", secret);
        return client;
    }

    private static SslClientAuthenticationOptions Trusting(string authority)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPemFile(authority);
        return new() { CertificateChainPolicy = policy };
    }
}
