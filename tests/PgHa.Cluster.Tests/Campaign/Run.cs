using System.Collections.Concurrent;
using System.Net.Sockets;
using Npgsql;

namespace PgHa.Cluster.Tests.Campaign;

/// <summary>A campaign under way: its nodes, what was noted of it, and what the model knows of them.</summary>
internal sealed class Run(Field field, Chronicle chronicle)
{
    private readonly ConcurrentDictionary<TestNode, bool> dead = new();
    private readonly ConcurrentDictionary<TestNode, long> disturbed = new();
    private readonly ConcurrentDictionary<TestNode, SemaphoreSlim> turns = new();

    public Field Field { get; } = field;

    public TestCluster Cluster => Field.Cluster;

    public Chronicle Chronicle { get; } = chronicle;

    public Loose Loose { get; } = new(field.Cluster);

    /// <summary>The force of this burst, whose cost is not known yet.</summary>
    public ForcedFailover? Forced { get; set; }

    public TestNode Node(int number) => Cluster.Nodes[number - 1];

    /// <summary>A force named this node. Whoever starts it by hand before it is a standby again makes a second writer himself.</summary>
    public void GiveUp(TestNode node) => dead[node] = true;

    /// <summary>All nodes are well: what a force named is a standby now.</summary>
    public async Task AllWell()
    {
        if (Forced is { } forced) await forced.Account(this);
        Forced = null;
        dead.Clear();
    }

    public bool IsGivenUp(TestNode node) => dead.ContainsKey(node);

    /// <summary>The node's agent is killed or frozen: a call to it may fail without being a finding.</summary>
    public void Disturb(TestNode node) => disturbed[node] = Environment.TickCount64;

    public bool WasDisturbedWithin(TestNode node, TimeSpan time) =>
        disturbed.TryGetValue(node, out var when) && Environment.TickCount64 - when < time.TotalMilliseconds;

    /// <summary>Waits until nobody else kills or starts this node's agent.</summary>
    public async Task<IDisposable> TurnAt(TestNode node)
    {
        var turn = turns.GetOrAdd(node, _ => new(1));
        await turn.WaitAsync();
        return new Turn(turn);
    }

    /// <summary>The node that runs and is not in recovery; null where none answers so.</summary>
    public async Task<TestNode?> Primary()
    {
        foreach (var node in Cluster.Nodes)
            if (await InRecovery(node) is false) return node;
        return null;
    }

    /// <summary>Null where its server does not answer.</summary>
    public static async Task<bool?> InRecovery(TestNode node)
    {
        try
        {
            return await node.Postgres.Ask<bool>("SELECT pg_is_in_recovery()");
        }
        catch (Exception e) when (e is NpgsqlException or SocketException or TimeoutException)
        {
            return null;
        }
    }

    private sealed class Turn(SemaphoreSlim turn) : IDisposable
    {
        public void Dispose() => turn.Release();
    }
}
