using System.Collections.Concurrent;

namespace PgHa.Cluster.Tests.Harness;

/// <summary>Real PostgreSQL servers made by hand, N1 the last primary, with a real agent beside each.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    private readonly string folder;

    private TestCluster(string folder, int size, Func<int, NetworkPlace?>? places)
    {
        this.folder = folder;
        Nodes = [.. Enumerable.Range(1, size).Select(i => new TestNode(Path.Combine(folder, $"n{i}"), i, Transcript, places?.Invoke(i)))];
        Ledger = new Ledger(this);
    }

    public IReadOnlyList<TestNode> Nodes { get; }

    public TestNode N1 => Nodes[0];

    public TestNode N2 => Nodes[1];

    public TestNode N3 => Nodes[2];

    public Ledger Ledger { get; }

    /// <summary>Every call and its answer, in order.</summary>
    public ConcurrentQueue<string> Transcript { get; } = new();

    /// <summary>N1 streams to the others.</summary>
    public static async Task<TestCluster> AllRunning(int size = 2, Func<TestCluster, Task>? prepare = null, Func<int, NetworkPlace?>? places = null) =>
        await Prepared(size, async cluster =>
        {
            if (prepare != null) await prepare(cluster);
            await cluster.StartServers();
            await cluster.StartAgents();
        }, places: places);

    /// <summary>All servers are stopped cleanly; only the agents run.</summary>
    public static async Task<TestCluster> AllStopped(int size = 2, Func<TestCluster, Task>? prepare = null) =>
        await Prepared(size, async cluster =>
        {
            if (prepare != null) await prepare(cluster);
            await cluster.StartAgents();
        });

    /// <summary>Files only: for tests that start the agents themselves.</summary>
    public static Task<TestCluster> FilesOnly(int size = 2, string folder = "cluster") => Prepared(size, _ => Task.CompletedTask, folder);

    public Task StartAgents() => Task.WhenAll(Nodes.Select(node => node.StartAgent()));

    public async Task StartServers()
    {
        await N1.Postgres.Start();
        await Task.WhenAll(Nodes.Skip(1).Select(node => node.Postgres.Start()));
        foreach (var standby in Nodes.Skip(1))
            await Wait.Until($"{standby.Name} streams", () => standby.Postgres.StreamsFrom(N1.Postgres));
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(Nodes.Select(node => node.Abandon()));
        Directory.Delete(folder, recursive: true);
    }

    private static async Task<TestCluster> Prepared(int size, Func<TestCluster, Task> start, string folder = "cluster", Func<int, NetworkPlace?>? places = null)
    {
        var cluster = new TestCluster(await TestRun.NewFolder(folder), size, places);
        try
        {
            await cluster.WriteFiles();
            await start(cluster);
            return cluster;
        }
        catch (Exception e)
        {
            TestContext.Current.TestOutputHelper?.WriteLine(Report.Of(cluster));
            try
            {
                await cluster.DisposeAsync();
            }
            catch (IOException left)
            {
                throw new AggregateException(e, left); // the first one says what happened
            }
            throw;
        }
    }

    private async Task WriteFiles()
    {
        foreach (var node in Nodes) await AsPostgres.Run("/bin/mkdir", "-p", node.In("state"));
        await Template.CopyTo(Nodes);
        foreach (var node in Nodes) NodeFiles.WriteAgentConfig(node, Nodes);
    }
}
