using System.Text.Json;
using PgHa.Cluster.Tests.Etcd;

namespace PgHa.Cluster.Tests.Failover;

/// <summary>Three nodes in automatic mode, and an etcd of three members of its own.</summary>
internal sealed class AutomaticCluster(TestCluster cluster, EtcdTrio etcd) : IAsyncDisposable
{
    /// <summary>How long the record holds.</summary>
    public static readonly TimeSpan D = TimeSpan.FromSeconds(4);

    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(10) };

    public TestCluster Cluster { get; } = cluster;

    public EtcdTrio Etcd { get; } = etcd;

    /// <summary>N1 is primary and holds the record; N2 and N3 follow. Without agents only the servers run.</summary>
    public static async Task<AutomaticCluster> Running(
        Func<TestCluster, TestCluster> keep, TimeSpan? d = null, string rejoin = "rewind", string? more = null, Func<TestNode, Task>? prepare = null, string sync = "off", Func<TestNode, int>? priority = null, bool agents = true)
    {
        var etcd = await EtcdTrio.Running();
        var cluster = keep(await TestCluster.FilesOnly(3));
        var automatic = new AutomaticCluster(cluster, etcd);
        foreach (var node in cluster.Nodes)
            await node.AddToAgentConfig($$"""
                failover:
                  mode: automatic
                  etcd: [{{string.Join(", ", etcd.Members.Select(m => $"\"{m.Url.GetLeftPart(UriPartial.Authority)}\""))}}]
                  etcd_election: 500ms
                  rejoin: {{rejoin}}
                  sync: {{sync}}
                  priority: {{priority?.Invoke(node) ?? 0}}
                  d: {{(d ?? D).TotalSeconds}}s
                  {{more}}
                """);
        foreach (var node in cluster.Nodes)
            await (prepare?.Invoke(node) ?? Task.CompletedTask);
        await cluster.StartServers();
        if (!agents)
            return automatic;
        await cluster.StartAgents();
        await AutomaticCluster.Holds(cluster.N1);
        return automatic;
    }

    /// <summary>Waits until a node holds the record and serves, and says so.</summary>
    public static Task<TimeSpan> Holds(TestNode node, int within = 30) => Wait.Until($"{node.Name} holds the record and serves", async () =>
        node.Agent.IsRunning && (await Explain(node)) is { } said && said.TryGetProperty("may_write_for", out _) && await node.Postgres.Serves() && !await node.Postgres.Ask<bool>("SELECT pg_is_in_recovery()"), within);

    /// <summary>What a node's agent says; null while it does not know yet.</summary>
    public static async Task<JsonElement?> Explain(TestNode node)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(node.AgentUrl, "/api/pg/v2/cluster/explain"));
        if (node.Api.Token is { } token) request.Headers.Authorization = new("Bearer", token);
        using var answer = await Http.SendAsync(request, TestContext.Current.CancellationToken);
        return answer.IsSuccessStatusCode ? JsonSerializer.Deserialize<JsonElement>(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)) : null;
    }

    public static async Task<long> Epoch(TestNode node)
    {
        long epoch = 0;
        await Wait.Until("the epoch is known", async () => await Explain(node) is { } said && said.TryGetProperty("epoch", out var known) && known.TryGetInt64(out epoch), 5);
        return epoch;
    }

    public static async Task<JsonElement[]> History(TestNode node) => [.. JsonSerializer.Deserialize<JsonElement>((await node.Api.Get("../v2/cluster/history")).Body).EnumerateArray()];

    /// <summary>The nodes that are paused by themselves, as a node's agent says.</summary>
    public static async Task<IReadOnlyList<string>> PausedNodes(TestNode node) =>
        await Explain(node) is { } said && said.TryGetProperty("paused_nodes", out var paused) ? [.. paused.EnumerateArray().Select(p => p.GetString()!)] : [];

    /// <summary>A command of <c>pgha</c> on a node's machine, and what it prints.</summary>
    public static Task<string> Command(TestNode node, params string[] words) => AsPostgres.Run(AgentProcess.Binary, [.. words, "--config", node.Agent.ConfigFile]);

    /// <summary>For twice as long as the record holds its server serves, in the same turn.</summary>
    public static async Task ServesOn(TestNode primary)
    {
        var (begun, epoch) = (TimeProvider.System.GetTimestamp(), await Epoch(primary));
        await Wait.Until("it has served for long enough", async () =>
        {
            Assert.True(await primary.Postgres.Serves(), $"{primary.Name} does not serve any more");
            return TimeProvider.System.GetElapsedTime(begun) > 2 * D;
        });
        Assert.Equal(epoch, await Epoch(primary));
    }

    public static async Task<bool> Follows(TestNode standby, TestNode primary)
    {
        try
        {
            return standby.Postgres.IsRunning && await standby.Postgres.StreamsFrom(primary.Postgres);
        }
        catch (Npgsql.NpgsqlException)
        {
            return false; // it starts, or ends
        }
    }

    /// <summary>Agent, guard and server at once, as when the machine loses its power.</summary>
    public static async Task Lose(TestNode node)
    {
        foreach (var pid in (int[])[node.Agent.Pid, .. Guards(node), .. node.Postgres.Processes]) Signal.Send(pid, Signal.Kill);
        await Wait.Until($"{node.Name} is lost", () => !node.Agent.IsRunning && node.Postgres.Processes.Count == 0);
    }

    public static int[] Guards(TestNode node) => [.. ServerProcesses.Commanded(line => line.Contains(" guard ", StringComparison.Ordinal) && line.Contains(node.Postgres.DataDirectory, StringComparison.Ordinal))];

    public async ValueTask DisposeAsync()
    {
        foreach (var node in Cluster.Nodes) await node.Agent.Abandon();
        foreach (var pid in Cluster.Nodes.SelectMany(Guards)) Signal.Send(pid, Signal.Kill);
        await Etcd.DisposeAsync();
    }
}
