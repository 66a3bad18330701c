using System.Globalization;

namespace PgHa.Cluster.Tests.Harness;

/// <summary>Where a node is in the network: its address, and the namespace it runs in unless that is the tests' own.</summary>
internal sealed record NetworkPlace(string Address, string? Namespace);

/// <summary>
/// Two places with a network between them that can be made slow: the second is a network namespace at the other end of a link of its own.
/// Needs root. The kernel's token bucket shapes the link in both directions; a delay beyond that of its queue would need netem.
/// </summary>
internal sealed class SlowLink : IAsyncDisposable
{
    private static readonly string Name = string.Create(CultureInfo.InvariantCulture, $"pgha{Environment.ProcessId % 10_000_000}");
    private static readonly string Net = string.Create(CultureInfo.InvariantCulture, $"198.18.{Environment.ProcessId % 250}");

    private SlowLink()
    {
    }

    public static async Task<SlowLink> Make()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess && File.Exists("/usr/sbin/tc"), "a network namespace needs root and iproute2");
        var link = new SlowLink();
        try
        {
            await Ip("netns", "add", Name);
            await Ip("link", "add", Name + "a", "type", "veth", "peer", "name", Name + "b", "netns", Name);
            await Ip("addr", "add", Net + ".1/24", "dev", Name + "a");
            await Ip("link", "set", Name + "a", "up");
            await Ip("-n", Name, "addr", "add", Net + ".2/24", "dev", Name + "b");
            await Ip("-n", Name, "link", "set", Name + "b", "up");
            await Ip("-n", Name, "link", "set", "lo", "up");
            return link;
        }
        catch
        {
            await link.DisposeAsync();
            throw;
        }
    }

    public static NetworkPlace PlaceOf(int node) => node == 1 ? new(Net + ".1", null) : new(Net + ".2", Name);

    /// <summary>What a node outside the loopback needs: who may log in, a token, and where the primary is.</summary>
    public static Task Prepare(TestCluster cluster) => OutsideLoopback.Prepare(cluster, Net + ".0/24");

    /// <summary>From now on it carries so much in each direction; what does not fit waits for up to half a second, and is lost then.</summary>
    public static async Task Carries(string rate)
    {
        await Shape([], "a", rate);
        await Shape(["-n", Name], "b", rate);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (string[] remove in (string[][])[["link", "del", Name + "a"], ["netns", "del", Name]])
            await ((Task)Ip(remove)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // it goes with its namespace, or was not made
    }

    private static Task Shape(string[] where, string end, string rate) =>
        AsPostgres.AsRoot("/usr/sbin/tc", [.. where, "qdisc", "replace", "dev", Name + end, "root", "tbf", "rate", rate, "burst", "32kb", "latency", "500ms"]);

    private static Task<string> Ip(params string[] arguments) => AsPostgres.AsRoot("/usr/sbin/ip", arguments);
}
