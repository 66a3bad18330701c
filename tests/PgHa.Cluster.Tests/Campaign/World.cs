namespace PgHa.Cluster.Tests.Campaign;

/// <summary>What a campaign runs on. The seed alone decides it.</summary>
internal sealed record World(int Seed, int Nodes, bool Archiving, bool Restoring, int SegmentMegabytes, int KeepMegabytes, bool QuickRetry)
{
    /// <summary>Draws a world. The same random numbers give the same world.</summary>
    public static World Draw(int seed, Random random)
    {
        var nodes = random.Next(2) == 0 ? 2 : 3;
        var archiving = random.Next(3) > 0;
        return new(seed, nodes, archiving, archiving && random.Next(2) == 0, random.Next(2) == 0 ? 1 : 16, random.Next(2) == 0 ? 0 : 64, random.Next(2) == 0);
    }

    /// <summary>What stands in every node's postgresql.conf beside the usual settings.</summary>
    public string Settings(string archive) => $"""
        wal_keep_size = {KeepMegabytes}MB
        max_wal_size = {(SegmentMegabytes == 1 ? 16 : 64)}MB
        min_wal_size = {2 * SegmentMegabytes}MB
        checkpoint_timeout = 30s
        wal_retrieve_retry_interval = {(QuickRetry ? "200ms" : "5s")}
        {(Archiving ? $"archive_mode = on\narchive_command = '{archive} store %p %f'" : "")}
        {(Restoring ? $"restore_command = '{archive} bring %f %p'" : "")}

        """;

    public override string ToString() =>
        $"{Nodes} nodes, {(Archiving ? "archiving" : "no archive")}{(Restoring ? " with restore_command" : "")}, segments of {SegmentMegabytes} MB, "
        + $"{KeepMegabytes} MB kept, {(QuickRetry ? "quick" : "usual")} retries";
}
