using System.Globalization;
using System.Text.Json;

namespace PgHa.Cluster.Tests.Metrics;

/// <summary>A real Prometheus asks real agents, with the files in deploy/.</summary>
public sealed class MetricsTests : ClusterTest
{
    private static readonly HttpClient Http = new();

    [Fact, Trait("Category", "Long")]
    public async Task Prometheus_reads_them_and_its_rules_and_sees_a_switchover()
    {
        var cluster = await BothRunning();
        var rules = await Written(cluster, "pgha.rules.yml", text => text);
        var config = await Written(cluster, "prometheus.yml", text => text.Replace("\"10.0.0.1:8079\", \"10.0.0.2:8079\"", $"\"{cluster.N1.AgentUrl.Authority}\", \"{cluster.N2.AgentUrl.Authority}\"", StringComparison.Ordinal)
            .Replace("interval: 10s", "interval: 1s", StringComparison.Ordinal));
        Assert.Contains("SUCCESS", await AsPostgres.Run("/usr/bin/promtool", "check", "rules", rules), StringComparison.Ordinal);
        await AsPostgres.Run("/usr/bin/promtool", "check", "config", config);
        await AsPostgres.Run("/bin/sh", "-c", "curl -sSf \"$0\" | promtool check metrics", new Uri(cluster.N1.AgentUrl, "/metrics").ToString());
        var at = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Ports.Free("127.0.0.1")}");
        using var prometheus = AsPostgres.StartLogged(cluster.N1.In("prometheus.log"), "/usr/bin/prometheus", $"--config.file={config}", $"--storage.tsdb.path={cluster.N1.In("prometheus")}", $"--web.listen-address={at}");
        try
        {
            await Wait.Until("Prometheus sees the primary", async () => await Ask(at, "patroni_primary == 1") is [var one] && one == cluster.N1.Name, 60);
            foreach (var query in Queries())
                await IsUnderstood(at, query);
            await cluster.Play("POST N1 instance/switchover/masterSlave?by=promote → slave, master");
            await Wait.Until("Prometheus sees the new primary", async () => await Ask(at, "patroni_primary == 1") is [var one] && one == cluster.N2.Name, 60);
            await Wait.Until("Prometheus sees the interruption", async () => (await Ask(at, "pgha_writes_interrupted_seconds > 0", "node")).Contains(cluster.N1.Name), 60);
            await cluster.Play("DELETE N2 instance/current → recovery, inactive");
            await Wait.Until("an alert waits", async () => (await Ask(at, "ALERTS{alertname=\"PghaNoPrimary\"}", "scope")).Length == 1, 60);
        }
        finally
        {
            prometheus.Kill();
            await prometheus.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
    }

    /// <summary>What the dashboard asks, of this cluster.</summary>
    private static string[] Queries()
    {
        using var dashboard = JsonDocument.Parse(File.ReadAllText(AgentProcess.InRepository("deploy/grafana.json")));
        string[] queries =
        [
            .. dashboard.RootElement.GetProperty("panels").EnumerateArray().SelectMany(p => p.GetProperty("targets").EnumerateArray()).Select(t => t.GetProperty("expr").GetString()!),
            .. dashboard.RootElement.GetProperty("annotations").GetProperty("list").EnumerateArray().Select(a => a.GetProperty("expr").GetString()!),
        ];
        Assert.True(queries.Length > 15);
        return [.. queries.Select(q => q.Replace("$cluster", "test", StringComparison.Ordinal))];
    }

    private static async Task IsUnderstood(string at, string query)
    {
        using var answer = await Http.GetAsync(new Uri($"http://{at}/api/v1/query?query={Uri.EscapeDataString(query)}"), TestContext.Current.CancellationToken);
        Assert.True(answer.IsSuccessStatusCode, $"{query}: {await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)}");
    }

    /// <summary>The label of each sample.</summary>
    private static async Task<string[]> Ask(string at, string query, string label = "name")
    {
        try
        {
            using var answer = JsonDocument.Parse(await Http.GetStringAsync(new Uri($"http://{at}/api/v1/query?query={Uri.EscapeDataString(query)}"), TestContext.Current.CancellationToken));
            return [.. answer.RootElement.GetProperty("data").GetProperty("result").EnumerateArray().Select(r => r.GetProperty("metric").GetProperty(label).GetString()!)];
        }
        catch (HttpRequestException)
        {
            return []; // it starts
        }
    }

    private static async Task<string> Written(TestCluster cluster, string name, Func<string, string> edit)
    {
        var file = cluster.N1.In(name);
        await File.WriteAllTextAsync(file, edit(await File.ReadAllTextAsync(AgentProcess.InRepository(Path.Combine("deploy", name)), TestContext.Current.CancellationToken)), TestContext.Current.CancellationToken);
        await AsPostgres.AsRoot("/bin/chmod", "644", file);
        return file;
    }
}
