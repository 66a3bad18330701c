namespace PgHa.Cluster.Tests.Setup;

/// <summary>A server started with -D on a directory that holds its configuration alone is started with that again.</summary>
public sealed class ConfigurationDirectoryTests : ClusterTest
{
    [Fact]
    public async Task The_configuration_is_found_where_the_server_was_started()
    {
        var cluster = await BothStopped();
        var (node, folder) = (cluster.N1, cluster.N1.In("conf"));
        await AsPostgres.Run("/bin/sh", "-c", "mkdir \"$0\" && cd \"$1\" && mv postgresql.conf pg_hba.conf pg_ident.conf \"$0\" && echo \"data_directory = '$1'\" >>\"$0/postgresql.conf\"", folder, node.Postgres.DataDirectory);
        await AsPostgres.Postgres("pg_ctl", "start", "-w", "-s", "-D", folder, "-l", node.Postgres.LogFile);
        await cluster.WaitForStates("single", "inactive");
        await cluster.Play("""
            POST   N2 instance/slave                        → master, slave
            POST   N2 instance/switchover/masterSlave       → slave, master
            POST   N1 instance/switchover/masterSlave       → master, slave
            """);
        Assert.Equal($"{folder}/postgresql.conf {folder}/pg_hba.conf {folder}/pg_ident.conf",
            await node.Postgres.Ask<string>("SELECT concat_ws(' ', current_setting('config_file'), current_setting('hba_file'), current_setting('ident_file'))"));
    }
}
