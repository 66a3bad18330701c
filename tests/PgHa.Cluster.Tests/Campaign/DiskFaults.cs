namespace PgHa.Cluster.Tests.Campaign;

/// <summary>Full disks, and data directories that are not mounted.</summary>
internal static class DiskFaults
{
    public static Move Full(Random random, World world)
    {
        var (node, hold) = (1 + random.Next(world.Nodes), random.Next(300, 4000));
        return new($"the disk of N{node} is full for {hold} ms", async run =>
        {
            var disk = run.Field.DiskOf(run.Node(node));
            await disk.FillUp();
            await Task.Delay(hold, CancellationToken.None);
            disk.MakeRoom();
        });
    }

    /// <summary>Only of a node that is stopped when it happens. In its place there is nothing, or the empty mount point.</summary>
    public static Move Away(Random random, World world)
    {
        var (node, hold, empty) = (1 + random.Next(world.Nodes), random.Next(500, 8000), random.Next(2) == 0);
        return new($"the data directory of N{node} is not mounted for {hold} ms{(empty ? ", its mount point is empty" : "")}", async run =>
        {
            var path = run.Node(node).Postgres.DataDirectory;
            if (run.Node(node).Postgres.Processes.Count > 0 || !Directory.Exists(path)) return;
            var away = path + ".away";
            Directory.Move(path, away);
            if (empty) await AsPostgres.Run("/bin/mkdir", "-m", "700", path);
            await Task.Delay(hold, CancellationToken.None);
            Back(run, node, path, away);
        });
    }

    private static void Back(Run run, int node, string path, string away)
    {
        if (Directory.Exists(path))
        {
            if (Directory.EnumerateFileSystemEntries(path).Any())
                throw new FindingException($"something was written to the place where the data directory of N{node} was not mounted");
            Directory.Delete(path);
        }
        Directory.Move(away, path);
        run.Chronicle.Note($"  the data directory of N{node} is back");
    }
}
