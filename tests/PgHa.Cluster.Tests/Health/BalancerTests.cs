using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;
using PgHa.Cluster.Tests.CommandLine;
using PgHa.Cluster.Tests.Failover;

namespace PgHa.Cluster.Tests.Health;

/// <summary>A real HAProxy and a real PgBouncer before real nodes, with the files in deploy/.</summary>
public sealed partial class BalancerTests : ClusterTest
{
    [Fact]
    public async Task Writers_and_readers_reach_the_right_node_before_and_after_a_switchover()
    {
        var cluster = await BothRunning();
        var (write, read, pool) = (Ports.Free("127.0.0.1"), Ports.Free("127.0.0.1"), Ports.Free("127.0.0.1"));
        var proxy = await Proxy(cluster, write, read);
        var bouncer = await Written(cluster, "pgbouncer.ini", text => text.Replace("port=5000", $"port={write} user=postgres", StringComparison.Ordinal)
            .Replace("listen_port = 6432", $"listen_port = {pool}", StringComparison.Ordinal).Replace("auth_type = scram-sha-256", "auth_type = any", StringComparison.Ordinal).Replace("auth_file", ";", StringComparison.Ordinal));
        await AsPostgres.Run("/usr/sbin/haproxy", "-c", "-f", proxy);
        using var balancer = AsPostgres.StartLogged(cluster.N1.In("haproxy.log"), "/usr/sbin/haproxy", "-db", "-f", proxy);
        using var pooler = AsPostgres.StartLogged(cluster.N1.In("pgbouncer.log"), "/usr/sbin/pgbouncer", bouncer);
        try
        {
            await Reaches(pool, cluster.N1);
            await Reaches(read, cluster.N1, cluster.N2);
            await cluster.Play("POST N1 instance/switchover/masterSlave?by=promote → slave, master");
            var begun = Stopwatch.GetTimestamp();
            await Reaches(pool, cluster.N2);
            TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"writers reached the new primary {Stopwatch.GetElapsedTime(begun).TotalSeconds:0.00} s after the switchover had been answered"));
            await Writes(pool);
            await Reaches(read, cluster.N1, cluster.N2);
        }
        finally
        {
            foreach (var process in (Process[])[pooler, balancer])
            {
                process.Kill();
                await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            }
        }
    }

    /// <summary>An agent is restarted for a new version, or it crashed: whoever is connected notices nothing.</summary>
    [Fact, Trait("Category", "Long")]
    public async Task Sessions_survive_that_the_agent_of_the_primary_is_restarted()
    {
        await using var automatic = await AutomaticCluster.Running(Keep);
        var cluster = automatic.Cluster;
        var (write, read) = (Ports.Free("127.0.0.1"), Ports.Free("127.0.0.1"));
        using var balancer = AsPostgres.StartLogged(cluster.N1.In("haproxy.log"), "/usr/sbin/haproxy", "-db", "-f", await Proxy(cluster, write, read, "inter 250ms", "inter 1s")); // a busy machine takes longer to restart an agent
        try
        {
            await Wait.Until("HAProxy has seen that N2 is no primary", () => File.Exists(cluster.N1.In("haproxy.log")) && File.ReadAllText(cluster.N1.In("haproxy.log")).Contains("pg_write/pg-node02 is DOWN", StringComparison.Ordinal)); // until then it sends sessions there
            await using var session = Through(write);
            await session.OpenAsync(TestContext.Current.CancellationToken);
            var agent = cluster.N1.Agent;
            foreach (var restart in (Func<Task>[])[
                async () => { await agent.Stop(); agent.Start(); },
                async () => { await agent.Kill(); agent.Start(); },
                async () => { await cluster.N1.AddToAgentConfig("log: json"); Assert.Equal(0, (await Cli.On(cluster.N1, "reload-config", "pg-node01")).Code); }])
            {
                var begun = Stopwatch.GetTimestamp();
                await restart();
                await Wait.Until("the agent calls its node primary again", async () => await IsPrimary(cluster.N1), 30);
                TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"/primary was not answered with 200 for {Stopwatch.GetElapsedTime(begun).TotalSeconds:0.00} s"));
                await using var command = new NpgsqlCommand("SELECT 1", session);
                Assert.Equal(1, await command.ExecuteScalarAsync(TestContext.Current.CancellationToken));
            }
        }
        finally
        {
            balancer.Kill();
            await balancer.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
    }

    private static async Task<bool> IsPrimary(TestNode node)
    {
        using var http = new HttpClient();
        try
        {
            using var answer = await http.GetAsync(new Uri(node.AgentUrl, "/primary"), TestContext.Current.CancellationToken);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false; // it does not listen yet
        }
    }

    private static Task<string> Proxy(TestCluster cluster, int write, int read, string what = "\0", string to = "") => Written(cluster, "haproxy.cfg", text => Server().Replace(text, m => ServerOf(cluster, m)).Replace(what, to, StringComparison.Ordinal)
        .Replace(":5000", $":{write}", StringComparison.Ordinal).Replace(":5001", $":{read}", StringComparison.Ordinal));

    /// <summary>One new session after the other, until each of these nodes was reached; none else is.</summary>
    private static async Task Reaches(int port, params TestNode[] nodes)
    {
        HashSet<int> wanted = [.. nodes.Select(n => n.Postgres.Port)];
        await Wait.Until($"{string.Join(" and ", nodes.Select(n => n.Name))} is reached", async () =>
        {
            if (await Ask(port, "SELECT inet_server_port()") is int reached)
                wanted.Remove(reached);
            return wanted.Count == 0;
        }, 30);
    }

    private static async Task Writes(int port) => await Wait.Until("a row is written", async () => await Ask(port, "CREATE TABLE IF NOT EXISTS through (id int); INSERT INTO through VALUES (1) RETURNING id") is 1, 30);

    private static NpgsqlConnection Through(int port) => new($"Host=127.0.0.1;Port={port};Username=postgres;Database=postgres;Pooling=false;Timeout=3;Server Compatibility Mode=NoTypeLoading");

    private static async Task<object?> Ask(int port, string sql)
    {
        try
        {
            await using var session = Through(port);
            await session.OpenAsync(TestContext.Current.CancellationToken);
            await using var command = new NpgsqlCommand(sql, session);
            return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
        }
        catch (NpgsqlException)
        {
            return null; // the balancer has not seen it yet
        }
    }

    private static async Task<string> Written(TestCluster cluster, string name, Func<string, string> edit)
    {
        var file = cluster.N1.In(name);
        await File.WriteAllTextAsync(file, edit(await File.ReadAllTextAsync(AgentProcess.InRepository(Path.Combine("deploy", name)), TestContext.Current.CancellationToken)), TestContext.Current.CancellationToken);
        await AsPostgres.AsRoot("/bin/chmod", "644", file);
        return file;
    }

    private static string ServerOf(TestCluster cluster, Match line)
    {
        var node = cluster.Nodes.Single(n => n.Name == line.Groups["node"].Value);
        return string.Create(CultureInfo.InvariantCulture, $"server {node.Name} {node.Address}:{node.Postgres.Port} check port {node.AgentUrl.Port}");
    }

    [GeneratedRegex(@"server (?<node>pg-node\d+) \S+ check port \d+")]
    private static partial Regex Server();
}
