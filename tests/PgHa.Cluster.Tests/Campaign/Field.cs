namespace PgHa.Cluster.Tests.Campaign;

/// <summary>The nodes of a campaign with their network, disks and archive.</summary>
internal sealed class Field : IAsyncDisposable
{
    private const int DiskMegabytes = 900;
    private const string Token = "open-sesame-0123456789";
    private readonly List<SmallDisk> disks = [];

    private Field(World world, Network network, Archive archive) => (World, Network, Archive) = (world, network, archive);

    public World World { get; }

    public Network Network { get; }

    public Archive Archive { get; }

    public TestCluster Cluster { get; private set; } = null!;

    public SmallDisk DiskOf(TestNode node) => disks[node.Number - 1];

    public static async Task<Field> Make(World world)
    {
        var archive = new Archive(await TestRun.NewFolder("archive"));
        await archive.Make();
        var field = new Field(world, await Network.Make(world.Nodes), archive);
        try
        {
            field.Cluster = await TestCluster.AllRunning(world.Nodes, field.Prepare, field.Network.PlaceOf);
            foreach (var node in field.Cluster.Nodes) await Set(node, "RESET wal_keep_size");
            return field;
        }
        catch
        {
            await field.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Cluster is { } cluster) await Task.WhenAll(cluster.Nodes.Select(node => node.Abandon()));
        foreach (var disk in disks) await disk.DisposeAsync();
        if (Cluster is not null) await Cluster.DisposeAsync();
        await Network.DisposeAsync();
    }

    /// <summary>All of a node lies on a small disk of its own: data directory, state and logs.</summary>
    private async Task Prepare(TestCluster cluster)
    {
        foreach (var node in cluster.Nodes)
        {
            disks.Add(await SmallDisk.Mount(node.Folder, DiskMegabytes));
            await AsPostgres.Run("/bin/mkdir", node.In("state"));
            await AsPostgres.Run("/bin/sh", "-c", "umask 077; echo \"$0\" >\"$1\"", Token, node.In("token"));
            NodeFiles.WriteAgentConfig(node, cluster.Nodes);
            await node.AddToAgentConfig($"security:\n  token_file: {node.In("token")}");
            node.Api.Token = Token;
        }
        await Initialize(cluster.N1);
        await Set(cluster.N1, "SET wal_keep_size = '64MB'"); // the copy of one standby must not take the WAL that another still needs
        foreach (var node in cluster.Nodes.Skip(1)) await Copy(cluster.N1, node);
        await cluster.N1.Postgres.Stop();
    }

    private async Task Initialize(TestNode node)
    {
        await AsPostgres.Postgres("initdb", "-D", node.Postgres.DataDirectory, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync",
            "--data-checksums", $"--wal-segsize={World.SegmentMegabytes}");
        await WriteSettings(node);
        await node.Postgres.Start();
        await node.Postgres.Execute(Ledger.Table);
        await node.Postgres.Execute("CREATE TABLE loose (id bigint PRIMARY KEY); CREATE TABLE bulk (id bigint, filler text); CREATE INDEX ON bulk (id); CREATE EXTENSION amcheck");
    }

    private static async Task Set(TestNode node, string what)
    {
        await node.Postgres.Execute($"ALTER SYSTEM {what}");
        await node.Postgres.Execute("SELECT pg_reload_conf()");
    }

    private async Task Copy(TestNode from, TestNode to)
    {
        await AsPostgres.RunIn(from.Postgres.Namespace, Path.Combine(AsPostgres.BinDir, "pg_basebackup"), "-D", to.Postgres.DataDirectory,
            "-h", from.Address, "-p", $"{from.Postgres.Port}", "-U", "postgres", "-R", "-X", "stream", "--checkpoint=fast", "--no-sync");
        await WriteSettings(to);
    }

    private async Task WriteSettings(TestNode node)
    {
        NodeFiles.WritePostgresConf(node);
        await node.AddToPostgresConf(World.Settings(Archive.Script));
        await File.AppendAllTextAsync(node.Postgres.InData("pg_hba.conf"),
            $"host all all {Network.Addresses} trust\nhost replication all {Network.Addresses} trust\n", TestContext.Current.CancellationToken);
    }
}
