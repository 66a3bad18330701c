namespace PgHa.Cluster.Tests.Campaign;

/// <summary>Settings that stand in postgresql.conf for a while: whoever starts or reloads the server meanwhile gets them.</summary>
internal static class SettingFaults
{
    private const string Mark = " # campaign";

    private static readonly string[] Lines =
    [
        "max_connections = 20", "max_wal_senders = 3", "max_worker_processes = 4", "max_locks_per_transaction = 32", "max_replication_slots = 0",
        "hot_standby = off", "port = 5999", "listen_addresses = ''", "shared_preload_libraries = 'no_such_library'", "wal_level = minimal",
        "recovery_target_timeline = 'current'", "recovery_target = 'immediate'", "no_such_setting = on", "primary_conninfo = ''",
    ];

    public static Move Draw(Random random, World world)
    {
        var (node, line, hold) = (1 + random.Next(world.Nodes), Lines[random.Next(Lines.Length)], random.Next(1000, 12_000));
        return new($"postgresql.conf of N{node} has {line} for {hold} ms", async run =>
        {
            var file = run.Node(node).Postgres.InData("postgresql.conf");
            if (!File.Exists(file)) return;
            await File.AppendAllTextAsync(file, $"{line}{Mark}\n");
            await Task.Delay(hold, CancellationToken.None);
            TakeBack(run.Node(node));
        });
    }

    /// <summary>Also after a data directory was away, or came from another node.</summary>
    public static void TakeBack(TestNode node)
    {
        var file = node.Postgres.InData("postgresql.conf");
        if (!File.Exists(file) || File.ReadAllLines(file) is not { } lines || !lines.Any(line => line.EndsWith(Mark, StringComparison.Ordinal))) return;
        File.WriteAllLines(file, lines.Where(line => !line.EndsWith(Mark, StringComparison.Ordinal)));
    }
}
