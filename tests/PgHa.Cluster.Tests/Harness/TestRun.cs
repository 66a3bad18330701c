[assembly: AssemblyFixture(typeof(PgHa.Cluster.Tests.Harness.TestRun))]

namespace PgHa.Cluster.Tests.Harness;

/// <summary>The folder of this run, owned by postgres; removed with everything in it at the end.</summary>
public sealed class TestRun : IDisposable
{
    private static readonly Lazy<Task<string>> Root = new(CreateFolder);
    private static int clusters;

    public static async Task<string> NewFolder(string name)
    {
        var folder = Path.Combine(await Root.Value, $"{name}{Interlocked.Increment(ref clusters)}");
        await AsPostgres.Run("/bin/mkdir", "-m", "700", folder);
        return folder;
    }

    public void Dispose()
    {
        if (Root.IsValueCreated) Directory.Delete(Root.Value.Result, recursive: true);
    }

    /// <summary>In memory where there is room: hundreds of clusters are copied, and the disk is not what is tested.</summary>
    private static async Task<string> CreateFolder()
    {
        var memory = new DriveInfo("/dev/shm");
        var parent = memory is { IsReady: true, AvailableFreeSpace: > 6L << 30 } ? "/dev/shm" : "/tmp";
        return (await AsPostgres.Run("/bin/mktemp", "-d", parent + "/pgha-tests-XXXXXX")).Trim();
    }
}
