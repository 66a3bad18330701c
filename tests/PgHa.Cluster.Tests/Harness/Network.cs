using System.Globalization;
using System.Text.RegularExpressions;

namespace PgHa.Cluster.Tests.Harness;

/// <summary>
/// A network of its own: a bridge, and a namespace for each node, so that a link between two nodes can be cut or slowed down for agents and
/// servers alike, while the tests reach every node. Needs root. What a run left behind that died is removed before another one is made.
/// </summary>
internal sealed partial class Network : IAsyncDisposable
{
    private const string Nowhere = "02:00:00:00:00:01";
    private const string Filter = "/usr/sbin/nft";
    private static int networks;
    private readonly string name;
    private readonly string net;
    private readonly int nodes;

    private Network(int nodes)
    {
        var number = Interlocked.Increment(ref networks);
        name = string.Create(CultureInfo.InvariantCulture, $"pc{Environment.ProcessId}{(char)('a' + (number % 26))}");
        net = string.Create(CultureInfo.InvariantCulture, $"198.19.{((Environment.ProcessId * 7) + number) % 250}");
        this.nodes = nodes;
    }

    /// <summary>The addresses of all nodes, as pg_hba.conf wants them.</summary>
    public string Addresses => net + ".0/24";

    public static async Task<Network> Make(int nodes)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess && File.Exists("/usr/sbin/tc") && File.Exists(Filter), "network namespaces need root, iproute2 and nftables");
        await RemoveOfTheDead();
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

    /// <summary>All processes of a node.</summary>
    public async Task<IReadOnlyList<int>> Processes(int node) => await ProcessesIn(Space(node));

    /// <summary>From now on nothing passes between two nodes: what they send is lost without a word.</summary>
    public Task Cut(int one, int other) => Task.WhenAll(
        Ip("-n", Space(one), "neigh", "replace", Address(other), "lladdr", Nowhere, "dev", "eth0", "nud", "permanent"),
        Ip("-n", Space(other), "neigh", "replace", Address(one), "lladdr", Nowhere, "dev", "eth0", "nud", "permanent"));

    public async Task Mend(int one, int other)
    {
        await Quietly(Ip("-n", Space(one), "neigh", "del", Address(other), "dev", "eth0"));
        await Quietly(Ip("-n", Space(other), "neigh", "del", Address(one), "dev", "eth0"));
    }

    /// <summary>
    /// From now on what one node sends to another is lost before it arrives, also to itself; what comes back is not.
    /// </summary>
    /// <param name="from">Who sends.</param>
    /// <param name="to">Who does not hear it.</param>
    /// <param name="only">Only what matches, in the words of nft; all if not given.</param>
    public Task Block(int from, int to, string only = "") => AsPostgres.AsRoot("/usr/bin/nsenter", $"--net=/run/netns/{Space(to)}", Filter,
        $"add table inet cuts; add chain inet cuts in {{ type filter hook input priority 0; }}; add rule inet cuts in ip saddr {Address(from)} {only} drop");

    /// <summary>From now on nobody hears the node, and it hears nobody, the tests neither: a machine without power.</summary>
    public async Task Silence(int node)
    {
        for (var other = 1; other <= nodes; other++)
            if (other != node) await Block(node, other);
        await AsPostgres.AsRoot("/usr/bin/nsenter", $"--net=/run/netns/{Space(node)}", Filter,
            "add table inet cuts; add chain inet cuts in { type filter hook input priority 0; }; add rule inet cuts in iif eth0 drop");
    }

    /// <summary>Everything passes again that was blocked.</summary>
    public async Task UnblockAll()
    {
        for (var i = 1; i <= nodes; i++)
            await AsPostgres.AsRoot("/usr/bin/nsenter", $"--net=/run/netns/{Space(i)}", Filter, "flush ruleset");
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

    /// <summary>A run that was killed leaves its namespaces with what runs there, and its bridge. They have the pid of their run in their names.</summary>
    private static async Task RemoveOfTheDead()
    {
        foreach (Match space in Spaces().Matches(await AsPostgres.AsRoot("/usr/sbin/ip", "netns", "list")))
        {
            if (Lives(space)) continue;
            foreach (var pid in await ProcessesIn(space.Value)) Signal.Send(pid, Signal.Kill);
            await Quietly(Ip("netns", "del", space.Value));
        }
        foreach (Match bridge in Bridges().Matches(await AsPostgres.AsRoot("/usr/sbin/ip", "-o", "link", "show", "type", "bridge")))
            if (!Lives(bridge)) await Quietly(Ip("link", "del", bridge.Groups["name"].Value));
    }

    private static bool Lives(Match left) => Directory.Exists("/proc/" + left.Groups["pid"].Value);

    private static async Task<IReadOnlyList<int>> ProcessesIn(string space) =>
        [.. (await AsPostgres.AsRoot("/usr/sbin/ip", "netns", "pids", space)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(pid => int.Parse(pid, CultureInfo.InvariantCulture))];

    private string Address(int node) => string.Create(CultureInfo.InvariantCulture, $"{net}.{node}");

    private string Space(int node) => string.Create(CultureInfo.InvariantCulture, $"{name}s{node}");

    private string End(int node) => string.Create(CultureInfo.InvariantCulture, $"{name}e{node}");

    private static Task Ip(params string[] arguments) => AsPostgres.AsRoot("/usr/sbin/ip", arguments);

    private static Task Tc(params string[] arguments) => AsPostgres.AsRoot("/usr/sbin/tc", arguments);

    /// <summary>It may be gone already.</summary>
    private static async Task Quietly(Task removal) => await removal.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    [GeneratedRegex(@"^pc(?<pid>\d+)[a-z]s\d+", RegexOptions.Multiline)]
    private static partial Regex Spaces();

    [GeneratedRegex(@"^\d+: (?<name>pc(?<pid>\d+)[a-z]):", RegexOptions.Multiline)]
    private static partial Regex Bridges();
}
