using PgHa.Formats.Tests.Support;

namespace PgHa.Cluster.Tests.Harness;

/// <summary>A stopped pair of another major version: its servers come without pg_basebackup, so the standby is a cold copy.</summary>
internal static class MajorPair
{
    public static async Task<TestCluster> Stopped(int major, Func<TestCluster, Task>? prepare = null)
    {
        var cluster = await TestCluster.FilesOnly();
        try
        {
            var bin = await Majors.Bin(major);
            foreach (var node in cluster.Nodes) Directory.Delete(node.Postgres.DataDirectory, recursive: true);
            await Make(cluster, bin);
            foreach (var node in cluster.Nodes) await node.ChangeAgentConfig(AsPostgres.BinDir, bin);
            if (prepare != null) await prepare(cluster);
            await cluster.StartAgents();
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    private static async Task Make(TestCluster cluster, string bin)
    {
        var (primary, standby) = (cluster.N1, cluster.N2);
        var data = primary.Postgres.DataDirectory;
        await AsPostgres.Run(bin + "/initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync");
        NodeFiles.WritePostgresConf(primary);
        await AsPostgres.Run(bin + "/pg_ctl", "start", "-w", "-s", "-D", data, "-l", primary.Postgres.LogFile);
        await primary.Postgres.Execute(Ledger.Table);
        await AsPostgres.Run(bin + "/pg_ctl", "stop", "-w", "-s", "-D", data);
        await AsPostgres.Run("/bin/cp", "-a", data, standby.Postgres.DataDirectory);
        NodeFiles.WritePostgresConf(standby);
        await AsPostgres.Run("/bin/touch", standby.Postgres.InData("standby.signal"));
        await standby.AddToPostgresConf($"primary_conninfo = 'host={primary.Address} port={primary.Postgres.Port} user=postgres dbname=postgres'");
        await primary.AddToPostgresConf($"primary_conninfo = 'host={standby.Address} port={standby.Postgres.Port} user=postgres dbname=postgres'");
    }
}
