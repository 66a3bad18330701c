using System.Globalization;
using PgHa.Agent.Files;
using PgHa.Client.Facts;

namespace PgHa.Agent.Postgres;

/// <summary>What the settings of the next start name and the disk or the memory lacks. Each of these was seen to end a start (PostgreSQL 15).</summary>
internal sealed class NextStartFiles(DataDirectory data, PostgresBinaries binaries)
{
    private const int BlockSize = 8192;

    /// <summary>What is missing.</summary>
    /// <param name="next">The settings of the next start.</param>
    /// <param name="now">Those of the running server, which shows that it has its memory.</param>
    /// <param name="libraries">The server's $libdir; null if it is not known.</param>
    internal IEnumerable<StartObstacle> Missing(IReadOnlyDictionary<string, string> next, IReadOnlyDictionary<string, string> now, string? libraries) =>
    [
        .. Sockets(next), .. Certificates(next), .. LogFolder(next), .. HbaFile(next), .. OtherDirectory(next),
        .. Memory(next, now), .. PreloadLibraries.Missing(next, libraries ?? PreloadLibraries.FolderBeside(binaries.Folder().Value), data.Root),
    ];

    private IEnumerable<StartObstacle> Sockets(IReadOnlyDictionary<string, string> next) =>
        next.GetValueOrDefault("unix_socket_directories", "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(d => d.Trim('"')).Where(d => d is not ['@', ..] && !Linux.MayWrite(Absolute(d)))
            .Select(d => new StartObstacle("unix_socket_directories", $"{d} is no directory that the server may write to", $"make {d}, writable for the server's user"));

    private IEnumerable<StartObstacle> Certificates(IReadOnlyDictionary<string, string> next)
    {
        if (next["ssl"] != "on")
            yield break;
        foreach (var name in (string[])["ssl_cert_file", "ssl_key_file", "ssl_ca_file", "ssl_crl_file"])
        {
            if (next[name].Length > 0 && Unreadable(Absolute(next[name])) is { } problem)
                yield return new(name, $"ssl is on, and {problem}", "put the file there, or set ssl to off");
        }
        if (Exposed(Absolute(next["ssl_key_file"])))
            yield return new("ssl_key_file", $"ssl is on, and others than its owner may change or run {next["ssl_key_file"]}, or anybody read it: PostgreSQL does not take such a key",
                $"chmod 600 {next["ssl_key_file"]}");
    }

    /// <summary>The server makes the last folder of the path itself.</summary>
    private IEnumerable<StartObstacle> LogFolder(IReadOnlyDictionary<string, string> next)
    {
        if (next["logging_collector"] != "on")
            yield break;
        var folder = Absolute(next["log_directory"]);
        if (!Linux.MayWrite(Directory.Exists(folder) ? folder : Path.GetDirectoryName(folder.TrimEnd('/')) ?? "/"))
            yield return new("log_directory", $"logging_collector is on, and the server can make no log file in {folder}", $"make {folder}, writable for the server's user, or set logging_collector to off");
    }

    private IEnumerable<StartObstacle> HbaFile(IReadOnlyDictionary<string, string> next) =>
        Unreadable(Absolute(next.GetValueOrDefault("hba_file", "pg_hba.conf"))) is { } problem ? [new("hba_file", problem, "put the file there")] : [];

    private IEnumerable<StartObstacle> OtherDirectory(IReadOnlyDictionary<string, string> next) =>
        next.TryGetValue("data_directory", out var other) && other.Length > 0 && Linux.Identity(Absolute(other)) != Linux.Identity(data.Root)
            ? [new("data_directory", $"it is {other}, and the data directory of this node is {data.Configured}: another one would be started", $"set it to {data.Configured}, or correct postgres.data_dir")]
            : [];

    /// <summary>Only what is certain: more than there is at all. A running server with the same values has it already.</summary>
    private static IEnumerable<StartObstacle> Memory(IReadOnlyDictionary<string, string> next, IReadOnlyDictionary<string, string> now)
    {
        if (!long.TryParse(next.GetValueOrDefault("shared_buffers"), NumberStyles.None, CultureInfo.InvariantCulture, out var blocks))
            yield break;
        if (now.GetValueOrDefault("shared_buffers") == next["shared_buffers"] && now.GetValueOrDefault("huge_pages") == next["huge_pages"])
            yield break;
        var (ordinary, huge) = MemorySize.Read();
        if (next["huge_pages"] == "on" ? blocks * BlockSize > huge : blocks * BlockSize > ordinary)
            yield return next["huge_pages"] == "on"
                ? new("huge_pages", string.Create(CultureInfo.InvariantCulture,
                    $"it is on, and shared_buffers needs {blocks * BlockSize >> 20} MB in huge pages, of which the machine has {huge >> 20} MB"), "raise vm.nr_hugepages")
                : new("shared_buffers", string.Create(CultureInfo.InvariantCulture, $"it needs {blocks * BlockSize >> 20} MB, and the machine has {ordinary >> 20} MB with all its swap"), "lower it");
    }

    private string Absolute(string path) => Path.GetFullPath(path, data.Root);

    private static string? Unreadable(string file)
    {
        try
        {
            using var opened = File.OpenRead(file);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return File.Exists(file) ? $"{file} cannot be read" : $"{file} does not exist";
        }
    }

    /// <summary>A key of root's may be read by its group; more than that nobody's may.</summary>
    private static bool Exposed(string file) => File.Exists(file) && (File.GetUnixFileMode(file)
        & (UnixFileMode.GroupWrite | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute)) != 0;
}
