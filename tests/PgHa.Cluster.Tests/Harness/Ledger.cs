using System.Collections.Concurrent;
using System.Diagnostics;
using Npgsql;

namespace PgHa.Cluster.Tests.Harness;

/// <summary>A row that a node acknowledged, with the client's monotonic times around its commit.</summary>
internal sealed record Commit(long Id, TestNode Node, long Begin, long Acknowledged);

/// <summary>Remembers every row that was ever acknowledged, and demands all of them back.</summary>
internal sealed class Ledger(TestCluster cluster)
{
    public const string Table = "CREATE TABLE ledger (id bigint PRIMARY KEY, node text NOT NULL)";

    private readonly ConcurrentQueue<Commit> commits = new();
    private readonly ConcurrentDictionary<long, bool> givenUp = new();
    private long lastId;

    public int Count => commits.Count;

    /// <summary>Every row that was ever acknowledged and not given up.</summary>
    public IReadOnlyCollection<long> Acknowledged => [.. commits.Select(commit => commit.Id).Where(id => !givenUp.ContainsKey(id))];

    /// <summary>A force named what these rows cost: they are not demanded back.</summary>
    public void GiveUp(IEnumerable<long> rows)
    {
        foreach (var row in rows) givenUp[row] = true;
    }

    /// <summary>The whole cluster was thrown away on purpose: nothing is demanded back that was acknowledged before.</summary>
    public void BeginAnew() => commits.Clear();

    public int CountOn(TestNode node) => commits.Count(commit => commit.Node == node);

    /// <summary>The longest time between two rows that a node acknowledged one after the other.</summary>
    public TimeSpan LongestPause(TestNode node)
    {
        var times = commits.Where(commit => commit.Node == node).Select(commit => commit.Acknowledged).Order().ToArray();
        return times.Zip(times.Skip(1), Stopwatch.GetElapsedTime).DefaultIfEmpty().Max();
    }

    /// <summary>From the last row that one node acknowledged to the first that another did.</summary>
    /// <param name="from">The one.</param>
    /// <param name="to">The other one.</param>
    /// <param name="after">So many rows are not looked at, which were acknowledged before.</param>
    public TimeSpan Interruption(TestNode from, TestNode to, int after = 0) => Stopwatch.GetElapsedTime(
        commits.Skip(after).Where(commit => commit.Node == from).Max(commit => commit.Acknowledged), commits.Skip(after).Where(commit => commit.Node == to).Min(commit => commit.Acknowledged));

    public async Task Insert(TestNode node, int rows = 10)
    {
        await using var connection = await node.Postgres.Connect();
        for (var i = 0; i < rows; i++) await InsertOne(node, connection);
    }

    public async Task InsertOne(TestNode node, NpgsqlConnection connection)
    {
        var id = Interlocked.Increment(ref lastId);
        await using var insert = new NpgsqlCommand("INSERT INTO ledger VALUES ($1, $2)", connection);
        insert.Parameters.Add(new() { Value = id });
        insert.Parameters.Add(new() { Value = node.Name });
        var begin = Stopwatch.GetTimestamp();
        if (await IsAcknowledged(insert))
            commits.Enqueue(new(id, node, begin, Stopwatch.GetTimestamp()));
    }

    /// <summary>Where its wait for standbys was cancelled PostgreSQL says so in a warning: the row is committed here, and nothing else is said.</summary>
    private static async Task<bool> IsAcknowledged(NpgsqlCommand insert)
    {
        var here = false;
        void Heard(object sender, NpgsqlNoticeEventArgs e) => here |= e.Notice.MessageText.StartsWith("canceling wait for synchronous replication", StringComparison.Ordinal);
        insert.Connection!.Notice += Heard;
        try
        {
            await insert.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
            return !here;
        }
        finally
        {
            insert.Connection.Notice -= Heard;
        }
    }

    /// <summary>Every acknowledged row is on every running node, and all running nodes hold the same rows.</summary>
    public async Task AssertOnEveryRunningNode()
    {
        var expected = Acknowledged.ToHashSet();
        var running = cluster.Nodes.Where(node => node.Postgres.IsRunning).ToList();
        Assert.NotEmpty(running);
        foreach (var node in running)
        {
            await Wait.Until($"{node.Name} has replayed all", async () => expected.IsSubsetOf(await Rows(node)) || !await IsStandby(node));
            Assert.Empty(expected.Except(await Rows(node)));
        }
        await Wait.Until("all nodes hold the same rows", async () => (await Task.WhenAll(running.Select(Digest))).Distinct().Count() == 1);
    }

    /// <summary>Starts the nodes where they ended stopped, then looks for every row on all of them.</summary>
    public async Task AssertOnEveryNode()
    {
        if (cluster.Nodes.Any(node => !node.Postgres.IsRunning)) await cluster.Play("POST N1 instance/all → master, slave");
        await AssertOnEveryRunningNode();
    }

    /// <summary>
    /// The nodes whose commits were acknowledged, in order, each named once for as long as it was the only one.
    /// Fails where one node acknowledged a commit while another surely still accepted writes.
    /// </summary>
    public IReadOnlyList<TestNode> Reigns()
    {
        var reigns = new List<TestNode>();
        long lastBegin = 0;
        foreach (var commit in commits.OrderBy(commit => commit.Acknowledged))
        {
            if (reigns.Count == 0 || reigns[^1] != commit.Node)
            {
                Assert.True(commit.Acknowledged >= lastBegin, $"two nodes were writable when row {commit.Id} was acknowledged");
                reigns.Add(commit.Node);
            }
            lastBegin = Math.Max(lastBegin, commit.Begin);
        }
        return reigns;
    }

    public static async Task<HashSet<long>> Rows(TestNode node)
    {
        var rows = new HashSet<long>();
        if (!await node.Postgres.Ask<bool>("SELECT to_regclass('ledger') IS NOT NULL"))
            return rows; // a standby may not have replayed the table itself yet
        await using var connection = await node.Postgres.Connect();
        await using var command = new NpgsqlCommand("SELECT id FROM ledger", connection);
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        while (await reader.ReadAsync(TestContext.Current.CancellationToken)) rows.Add(reader.GetInt64(0));
        return rows;
    }

    private static Task<bool> IsStandby(TestNode node) => node.Postgres.Ask<bool>("SELECT pg_is_in_recovery()");

    private static Task<string> Digest(TestNode node) =>
        node.Postgres.Ask<string>("SELECT coalesce(md5(string_agg(id || node, ',' ORDER BY id)), '') FROM ledger");
}
