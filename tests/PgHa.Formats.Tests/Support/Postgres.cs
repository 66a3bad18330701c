using System.Diagnostics;
using System.Globalization;
using PgHa.Formats.Control;

namespace PgHa.Formats.Tests.Support;

/// <summary>A real PostgreSQL in a temporary folder, reached through a unix socket only.</summary>
public sealed class Postgres : IAsyncDisposable
{
    private const string Debian = "/usr/lib/postgresql/15/bin";
    private readonly string _bin;
    private readonly string _home;

    private Postgres(string bin, string home) => (_bin, _home) = (bin, home);

    public string Data => Path.Combine(_home, "data");

    public string WalFolder => Path.Combine(Data, "pg_wal");

    public ControlFile Control
    {
        get
        {
            var read = ControlFile.Read(File.ReadAllBytes(Path.Combine(Data, "global/pg_control")), "pg_control");
            Assert.True(read.IsOk, read.Error?.ToString());
            return read.Value;
        }
    }

    /// <summary>Makes a cluster of the Debian version, or of another major with its programs' folder, and does not start it.</summary>
    public static async Task<Postgres> Create(string? bin = null, int segmentMegabytes = 16, string settings = "", params string[] initdb)
    {
        var home = (await Shell.Run("mktemp", "-d", "/tmp/pgha-formats.XXXXXX")).Trim();
        var server = new Postgres(bin ?? Debian, home);
        await Shell.Run(server._bin + "/initdb", ["-D", server.Data, "-U", "postgres", "-A", "trust", "-N", "--locale=C",
            "-E", "UTF8", "--wal-segsize=" + segmentMegabytes.ToString(CultureInfo.InvariantCulture), .. initdb]);
        await File.AppendAllTextAsync(Path.Combine(server.Data, "postgresql.conf"),
            $"listen_addresses = ''\nunix_socket_directories = '{home}'\nfsync = off\nmax_wal_size = 4GB\nwal_keep_size = 2GB\n"
            + "checkpoint_timeout = 1h\nautovacuum = off\nshared_buffers = 32MB\n" + settings + "\n");
        return server;
    }

    /// <summary>The lineage of the timeline in the control file.</summary>
    public TimelineHistory History
    {
        get
        {
            var timeline = Control.CheckPointCopy.ThisTimeline;
            if (timeline.Value == 1)
                return TimelineHistory.Root(timeline);
            var read = TimelineHistory.Parse(timeline, File.ReadAllText(Path.Combine(WalFolder, $"{WalFileName.HistoryOf(timeline)}")));
            Assert.True(read.IsOk, read.Error?.ToString());
            return read.Value;
        }
    }

    /// <summary>A cold copy, which goes its own way from here.</summary>
    public async Task<Postgres> Copy()
    {
        var home = (await Shell.Run("mktemp", "-d", "/tmp/pgha-formats.XXXXXX")).Trim();
        var copy = new Postgres(_bin, home);
        await Shell.Run("cp", "-a", Data, copy.Data);
        await File.AppendAllTextAsync(Path.Combine(copy.Data, "postgresql.conf"), $"unix_socket_directories = '{home}'\n");
        return copy;
    }

    /// <summary>From stopped to a running primary on the next timeline.</summary>
    public async Task PromoteToNextTimeline()
    {
        await Shell.Run("touch", Path.Combine(Data, "standby.signal"));
        await Start();
        await Shell.Run(_bin + "/pg_ctl", "-D", Data, "-w", "promote");
        await Sql("checkpoint");
    }

    public Task Start() => Shell.Run(_bin + "/pg_ctl", "-D", Data, "-w", "-l", Path.Combine(_home, "log"), "start");

    public Task Stop() => Shell.Run(_bin + "/pg_ctl", "-D", Data, "-w", "-m", "fast", "stop");

    /// <summary>Runs statements in one session and gives the answers' rows as lines, columns separated by a bar.</summary>
    public async Task<string> Sql(params string[] statements) => (await Shell.Run(Debian + "/psql",
        ["-XAtq", "-h", _home, "-U", "postgres", "-v", "ON_ERROR_STOP=1", .. statements.SelectMany(s => (string[])["-c", s])])).Trim();

    public Task Pgbench(params string[] arguments) =>
        Shell.Run(Debian + "/pgbench", ["-h", _home, "-U", "postgres", .. arguments, "postgres"]);

    /// <summary>kill -9 of the postmaster; its children follow by themselves, and all are waited for.</summary>
    public async Task Kill()
    {
        var pid = Pid ?? throw new InvalidOperationException("not running");
        var children = await File.ReadAllTextAsync($"/proc/{pid}/task/{pid}/children");
        using var postmaster = Process.GetProcessById(pid);
        postmaster.Kill();
        string[] all = [$"{pid}", .. children.Split(' ', StringSplitOptions.RemoveEmptyEntries)];
        var deadline = Stopwatch.StartNew();
        while (all.Any(IsThere) && deadline.Elapsed < TimeSpan.FromSeconds(30))
            await Task.Delay(10);
        Assert.DoesNotContain(all, IsThere);
    }

    public async ValueTask DisposeAsync()
    {
        if (Pid is { } pid && IsThere($"{pid}"))
            await Shell.TryRun(_bin + "/pg_ctl", "-D", Data, "-w", "-m", "immediate", "stop");
        Directory.Delete(_home, recursive: true);
    }

    private int? Pid => File.Exists(Path.Combine(Data, "postmaster.pid"))
        ? int.Parse(File.ReadLines(Path.Combine(Data, "postmaster.pid")).First(), CultureInfo.InvariantCulture)
        : null;

    private static bool IsThere(string pid) => Directory.Exists($"/proc/{pid}");
}
