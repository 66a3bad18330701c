namespace PgHa.Cluster.Tests.Harness;

/// <summary>A small file system of the servers' user, mounted for the length of a test; needs root.</summary>
internal sealed class SmallDisk : IAsyncDisposable
{
    private SmallDisk(string folder) => Folder = folder;

    /// <summary>Where it is mounted.</summary>
    public string Folder { get; }

    private string Hog => Path.Combine(Folder, "hog");

    /// <summary>Makes the folder and mounts the disk there.</summary>
    public static async Task<SmallDisk> Mount(string folder, int megabytes)
    {
        await AsPostgres.Run("/bin/mkdir", "-p", folder);
        await AsPostgres.AsRoot("/bin/mount", "-t", "tmpfs", "-o", $"size={megabytes}m,mode=700,uid=postgres,gid=postgres", "pgha-test", folder);
        return new SmallDisk(folder);
    }

    /// <summary>A file takes all the room that is left.</summary>
    public Task FillUp() => AsPostgres.Run("/bin/sh", "-c", $"cat /dev/zero >'{Hog}' 2>/dev/null; true");

    public void MakeRoom() => File.Delete(Hog);

    public async ValueTask DisposeAsync() => await AsPostgres.AsRoot("/bin/umount", "--lazy", Folder);
}
