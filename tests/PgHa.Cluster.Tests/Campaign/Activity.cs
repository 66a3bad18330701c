using System.Net.Sockets;
using Npgsql;

namespace PgHa.Cluster.Tests.Campaign;

/// <summary>What a database does beside small commits, on whichever node is primary.</summary>
internal static class Activity
{
    private static readonly string[] Statements =
    [
        "CHECKPOINT", "SELECT pg_switch_wal()", "SELECT pg_switch_wal()", "VACUUM", "VACUUM FULL bulk", "VACUUM (FREEZE) ledger",
        "INSERT INTO bulk SELECT i, repeat('x', 200) FROM generate_series(1, 20000) i", "DELETE FROM bulk", "TRUNCATE bulk",
        "SELECT pg_switch_wal(); CHECKPOINT", "CREATE UNLOGGED TABLE IF NOT EXISTS scrap AS SELECT generate_series(1, 100) i", "DROP TABLE IF EXISTS scrap",
    ];

    public static Move Draw(Random random, World world)
    {
        var sql = Statements[random.Next(Statements.Length)];
        return new($"primary: {sql}", async run =>
        {
            if (await run.Primary() is { } primary) await Try(primary, sql);
        });
    }

    /// <summary>A checkpoint on a standby is a restartpoint.</summary>
    public static Move Restartpoint(Random random, World world)
    {
        var node = 1 + random.Next(world.Nodes);
        return new($"N{node}: CHECKPOINT", run => Try(run.Node(node), "CHECKPOINT"));
    }

    public static Move Archive(Random random, World world)
    {
        var (mood, hold) = (random.Next(2) == 0 ? "fails" : "slow", random.Next(1000, 10_000));
        return new($"the archive {mood} for {hold} ms", async run =>
        {
            run.Field.Archive.SetMood(mood);
            await Task.Delay(hold, CancellationToken.None);
            run.Field.Archive.SetMood("well");
        });
    }

    private static async Task Try(TestNode node, string sql)
    {
        try
        {
            foreach (var each in sql.Split(';')) await node.Postgres.Execute(each);
        }
        catch (Exception e) when (e is NpgsqlException or SocketException or TimeoutException)
        {
            // the server ends meanwhile, or is slow: the next move goes on
        }
    }
}
