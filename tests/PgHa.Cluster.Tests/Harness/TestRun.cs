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

    private static async Task<string> CreateFolder() =>
        (await AsPostgres.Run("/bin/mktemp", "-d", "/tmp/pgha-tests-XXXXXX")).Trim();
}
