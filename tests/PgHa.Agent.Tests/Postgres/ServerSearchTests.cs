using System.Diagnostics;
using System.Globalization;
using PgHa.Agent.Postgres;
using PgHa.Agent.Tests.Configuration;

namespace PgHa.Agent.Tests.Postgres;

/// <summary>What is seen of a process that ends: the kernel takes its program first, then frees its memory, then takes its directory.</summary>
[Trait("Category", "Fast")]
public sealed class ServerSearchTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pgha-server-").FullName;

    [Fact]
    public void A_server_that_is_about_to_end_runs_nowhere_else()
    {
        var options = Yaml.Options(Yaml.Good) with { StateDir = _folder };
        options = options with { Postgres = options.Postgres with { DataDir = _folder } };
        for (var round = 0; round < 5; round++)
        {
            using var process = StartWithMuchMemory();
            File.WriteAllText(Path.Combine(_folder, "postmaster.pid"), process.Id.ToString(CultureInfo.InvariantCulture) + "\n");
            using var known = new KnownServer(options);
            var search = new ServerSearch(options, new(options), known, new(options, TimeProvider.System));
            Assert.Equal(process.Id, search.Find(PostmasterPid.Read(_folder))?.Pid);
            process.Kill();
            while (known.Living is not null)
                Assert.Null(search.OpenElsewhere()?.Pid);
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>A program of that name that keeps 300 MB, as a server keeps its shared memory.</summary>
    private Process StartWithMuchMemory()
    {
        var program = Path.Combine(_folder, "postgres");
        File.Copy("/usr/bin/tail", program, overwrite: true);
        var process = Process.Start(new ProcessStartInfo(program, "-n 1000000000") { WorkingDirectory = _folder, RedirectStandardInput = true, RedirectStandardOutput = true })!;
        var megabyte = new byte[1 << 20];
        for (var n = 0; n < 300; n++)
            process.StandardInput.BaseStream.Write(megabyte);
        process.StandardInput.BaseStream.Flush();
        return process;
    }
}
