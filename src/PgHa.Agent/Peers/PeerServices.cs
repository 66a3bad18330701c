using Microsoft.Extensions.DependencyInjection;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Postgres;
using PgHa.Agent.Security;
using PgHa.Agent.Steps;
using PgHa.Client.Calls;

namespace PgHa.Agent.Peers;

/// <summary>Registers the nodes: the local one with its hands on the instance, the others through their agents.</summary>
public static class PeerServices
{
    /// <summary>Adds the cluster of the configuration.</summary>
    public static IServiceCollection AddPeers(this IServiceCollection services) => services
        .AddSingleton(Remotes)
        .AddSingleton(s => new ClusterObserver([.. Nodes<INode>(s, () => s.GetRequiredService<LocalNode>())], s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ViewSeen>()))
        .AddSingleton(s => new ActingNodes([.. Nodes<IActingNode>(s, () => s.GetRequiredService<StepDesk>())]));

    private static RemoteNodes Remotes(IServiceProvider services)
    {
        var options = services.GetRequiredService<AgentOptions>();
        var token = services.GetRequiredService<AccessToken>();
        var (own, time) = (services.GetRequiredService<OwnCertificate>(), services.GetRequiredService<TimeProvider>());
        return new(options.Nodes.Where(n => n.Name != options.Node).ToDictionary(n => n.Name, n => Remote(n, options, token, own, time)));
    }

    /// <summary>In configuration order, the local one among them.</summary>
    private static IEnumerable<T> Nodes<T>(IServiceProvider services, Func<T> local)
    {
        var options = services.GetRequiredService<AgentOptions>();
        var remotes = services.GetRequiredService<RemoteNodes>().ByName;
        return options.Nodes.Select(n => n.Name == options.Node ? local() : (T)(object)remotes[n.Name]);
    }

    private sealed record RemoteNodes(IReadOnlyDictionary<string, RemoteNode> ByName);

    /// <summary>A node as seen from outside, through its agent: to look at, and to act on.</summary>
    public static (INode Node, IActingNode Acting) Outside(NodeOptions node, AgentOptions options, AccessToken token, OwnCertificate own, TimeProvider time)
    {
        var remote = Remote(node, options, token, own, time);
        return (remote, remote);
    }

    private static RemoteNode Remote(NodeOptions node, AgentOptions options, AccessToken token, OwnCertificate own, TimeProvider time)
    {
        return new RemoteNode(Client(node, options, token, own, time));
    }

    /// <summary>The agent of a node, for whoever has the configuration of one.</summary>
    public static AgentClient Client(NodeOptions node, AgentOptions options, AccessToken token, OwnCertificate own, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(token);
        ArgumentNullException.ThrowIfNull(own);
        return new(new AgentPlace(node.Name, node.Agent)
        {
            Token = () => token.Presented,
            Certificate = own.Current,
            AuthorityFile = options.Security.Tls?.CaFile,
            Identity = options.Identity,
            Time = time,
        });
    }
}
