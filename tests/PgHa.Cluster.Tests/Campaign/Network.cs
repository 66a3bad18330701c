using System.Globalization;

namespace PgHa.Cluster.Tests.Campaign;

/// <summary>
/// A network of its own: a bridge, and a namespace for each node, so that a link between two nodes can be cut or slowed down for agents and
/// servers alike, while the tests reach every node. Needs root.
/// </summary>
internal sealed class Network : IAsyncDisposable
{
    private const string Nowhere = "02:00:00:00:00:01";
    private static int networks;
    private readonly string name;
    private readonly string net;
    private readonly int nodes;

    private Network(int nodes)
    {
        var number = Interlocked.Increment(ref networks);
        name = string.Create(CultureInfo.InvariantCulture, $"pc{Environment.ProcessId % 1_000_000}{(char)('a' + (number % 26))}");
        net = string.Create(CultureInfo.InvariantCulture, $"198.19.{((Environment.ProcessId * 7) + number) % 250}");
        this.nodes = nodes;
    }

    /// <summary>The addresses of all nodes, as pg_hba.conf wants them.</summary>
    public string Addresses => net + ".0/24";

    public static async Task<Network> Make(int nodes)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess && File.Exists("/usr/sbin/tc"), "network namespaces need root and iproute2");
        var network = new Network(nodes);
        try
        {
            await network.Build();
            return network;
        }
        catch
        {
            await network.DisposeAsync();
            throw;
        }
    }

    public NetworkPlace PlaceOf(int node) => new(Address(node), Space(node));

    /// <summary>From now on nothing passes between two nodes: what they send is lost without a word.</summary>
    public Task Cut(int one, int other) => Task.WhenAll(
        Ip("-n", Space(one), "neigh", "replace", Address(other), "lladdr", Nowhere, "dev", "eth0", "nud", "permanent"),
        Ip("-n", Space(other), "neigh", "replace", Address(one), "lladdr", Nowhere, "dev", "eth0", "nud", "permanent"));

    public async Task Mend(int one, int other)
    {
        await Quietly(Ip("-n", Space(one), "neigh", "del", Address(other), "dev", "eth0"));
        await Quietly(Ip("-n", Space(other), "neigh", "del", Address(one), "dev", "eth0"));
    }

    /// <summary>What the node sends passes at this rate, or at full speed again where it is null.</summary>
    public Task Slow(int node, string? rate) => rate is null
        ? Quietly(Tc("-n", Space(node), "qdisc", "del", "dev", "eth0", "root"))
        : Tc("-n", Space(node), "qdisc", "replace", "dev", "eth0", "root", "tbf", "rate", rate, "burst", "32kb", "latency", "500ms");

    public async ValueTask DisposeAsync()
    {
        for (var i = 1; i <= nodes; i++)
        {
            await Quietly(Ip("link", "del", End(i)));
            await Quietly(Ip("netns", "del", Space(i)));
        }
        await Quietly(Ip("link", "del", name));
    }

    private async Task Build()
    {
        await Ip("link", "add", name, "type", "bridge");
        await Ip("addr", "add", net + ".254/24", "dev", name);
        await Ip("link", "set", name, "up");
        for (var i = 1; i <= nodes; i++)
        {
            await Ip("netns", "add", Space(i));
            await Ip("link", "add", End(i), "type", "veth", "peer", "name", "eth0", "netns", Space(i));
            await Ip("link", "set", End(i), "master", name, "up");
            await Ip("-n", Space(i), "addr", "add", Address(i) + "/24", "dev", "eth0");
            await Ip("-n", Space(i), "link", "set", "eth0", "up");
            await Ip("-n", Space(i), "link", "set", "lo", "up");
        }
    }

    private string Address(int node) => string.Create(CultureInfo.InvariantCulture, $"{net}.{node}");

    private string Space(int node) => string.Create(CultureInfo.InvariantCulture, $"{name}s{node}");

    private string End(int node) => string.Create(CultureInfo.InvariantCulture, $"{name}e{node}");

    private static Task Ip(params string[] arguments) => AsPostgres.AsRoot("/usr/sbin/ip", arguments);

    private static Task Tc(params string[] arguments) => AsPostgres.AsRoot("/usr/sbin/tc", arguments);

    /// <summary>It may be gone already.</summary>
    private static async Task Quietly(Task removal) => await removal.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
