using System.Collections.Concurrent;
using System.Globalization;

namespace PgHa.Cluster.Tests.Harness;

/// <summary>One node: a PostgreSQL server, the agent beside it, and the agent's API.</summary>
internal sealed class TestNode
{
    public TestNode(string folder, int number, ConcurrentQueue<string> transcript, NetworkPlace? place = null)
    {
        Number = number;
        Folder = folder;
        Address = place?.Address ?? string.Create(CultureInfo.InvariantCulture, $"127.0.0.{number}");
        var where = place?.Namespace is null ? Address : "127.0.0.1"; // in a namespace of its own every port is free
        AgentUrl = new Uri($"http://{Address}:{Ports.Free(where)}");
        Postgres = new Postgres(Address, Ports.Free(where), In("data"), In("postgres.log")) { Namespace = place?.Namespace };
        Agent = new AgentProcess(In("pgha.yml"), In("agent.log")) { Namespace = place?.Namespace };
        Api = new Api($"N{number}", new Uri(AgentUrl, "/api/pg/v1/"), transcript);
    }

    public int Number { get; }

    public string Name => string.Create(CultureInfo.InvariantCulture, $"pg-node{Number:00}");

    public string Folder { get; }

    public string Address { get; }

    public Uri AgentUrl { get; }

    public Postgres Postgres { get; }

    public AgentProcess Agent { get; }

    public Api Api { get; }

    public string In(string file) => Path.Combine(Folder, file);

    public Task AddToPostgresConf(string lines) =>
        File.AppendAllTextAsync(Postgres.InData("postgresql.conf"), lines + "\n", TestContext.Current.CancellationToken);

    public Task AddToAgentConfig(string lines) =>
        File.AppendAllTextAsync(Agent.ConfigFile, lines + "\n", TestContext.Current.CancellationToken);

    public Task ChangeAgentConfig(string what, string to) =>
        File.WriteAllTextAsync(Agent.ConfigFile, File.ReadAllText(Agent.ConfigFile).Replace(what, to, StringComparison.Ordinal), TestContext.Current.CancellationToken);

    /// <summary>Its file lists one node more, which nobody else knows.</summary>
    public Task AddUnknownNode() => ChangeAgentConfig("\npostgres:", """

          pg-node09: { agent: "http://127.0.0.9:9", postgres: "127.0.0.9:9" }
        postgres:
        """);

    public async Task StartAgent()
    {
        Agent.Start();
        await Wait.Until($"the agent of {Name} answers", async () => !Agent.IsRunning || await Api.Answers(), 30);
        if (!Agent.IsRunning) throw new InvalidOperationException($"The agent of {Name} ended:\n{File.ReadAllText(Agent.LogFile)}");
    }

    public async Task Abandon()
    {
        await Agent.Abandon();
        await Postgres.Abandon();
    }
}
