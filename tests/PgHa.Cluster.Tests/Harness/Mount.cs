namespace PgHa.Cluster.Tests.Harness;

/// <summary>A small file system of the servers' user, mounted for the length of a test; needs root.</summary>
internal sealed class Mount(string folder) : IAsyncDisposable
{
    public static async Task<Mount> Tmpfs(string folder, int megabytes)
    {
        await AsPostgres.AsRoot("/bin/mount", "-t", "tmpfs", "-o", $"size={megabytes}m,mode=700,uid=postgres,gid=postgres", "pgha-test", folder);
        return new Mount(folder);
    }

    public async ValueTask DisposeAsync() => await AsPostgres.AsRoot("/bin/umount", "--lazy", folder);
}
