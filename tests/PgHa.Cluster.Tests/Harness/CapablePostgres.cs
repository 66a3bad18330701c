namespace PgHa.Cluster.Tests.Harness;

/// <summary>
/// The programs of PostgreSQL, with a capability on the server's: the kernel then lets nobody but root look at the working directory and
/// the program of its processes. Needs root and libcap2-bin.
/// </summary>
internal sealed class CapablePostgres(string folder) : IAsyncDisposable
{
    /// <summary>The node's server runs with it from now on; one that its agent starts does not.</summary>
    public static async Task<CapablePostgres> Make(TestNode node)
    {
        var folder = (await AsPostgres.AsRoot("/bin/mktemp", "-d", "/tmp/pgha-capable-XXXXXX")).Trim();
        await AsPostgres.AsRoot("/bin/sh", "-c",
            "cp -a \"$1\" \"$0/bin\" && cp -a --dereference \"$1/postgres\" \"$0/bin/postgres\" && ln -s \"$1/../lib\" \"$0/lib\" && chmod 755 \"$0\" && setcap cap_net_bind_service+ep \"$0/bin/postgres\"", folder, AsPostgres.BinDir);
        node.Postgres.BinDir = Path.Combine(folder, "bin");
        return new(folder);
    }

    public async ValueTask DisposeAsync() => await AsPostgres.AsRoot("/bin/rm", "-rf", folder);
}
