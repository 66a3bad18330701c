using PgHa.Agent.Files;
using PgHa.Agent.Configuration;
using PgHa.Client.Operations;

namespace PgHa.Agent.Postgres;

/// <summary>PostgreSQL's own programs, of the data directory's major version, and how the operator starts this server.</summary>
internal sealed class PostgresBinaries(AgentOptions options, DataDirectory data)
{
    /// <summary>Where nothing tells the major version, the newest one is taken.</summary>
    private static readonly int[] Majors = [18, 17, 16, 15, 14, 13];

    /// <summary>The folder that holds <c>postgres</c> and <c>pg_ctl</c>, or why there is none.</summary>
    internal Answer<string> Folder() => Folder(data.Major);

    /// <summary>The same for a data directory that is still to be made.</summary>
    /// <param name="major">Its major version; null for any.</param>
    internal Answer<string> Folder(int? major)
    {
        var usual = (major is { } one ? [one] : Majors).SelectMany(m => new[] { $"/usr/lib/postgresql/{m}/bin", $"/usr/pgsql-{m}/bin" });
        string?[] candidates = options.Postgres.BinDir is { } configured
            ? [configured]
            : [LastUsed(), .. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'), .. usual];
        return candidates.FirstOrDefault(c => c is { Length: > 0 } && File.Exists(Path.Combine(c, "postgres")) && File.Exists(Path.Combine(c, "pg_ctl"))) is { } found
            ? found
            : new Refusal(Code.WrongState,
                options.Postgres.BinDir is { } wrong ? $"{wrong} does not hold postgres and pg_ctl" : $"postgres and pg_ctl of PostgreSQL {major} were not found",
                "set postgres.bin_dir to the folder that holds them");
    }

    /// <summary>One of PostgreSQL's programs that only some calls need.</summary>
    internal Answer<string> Program(string name, int? major)
    {
        var folder = Folder(major);
        if (!folder.IsOk)
            return folder.Refusal;
        var program = Path.Combine(folder.Value, name);
        return File.Exists(program) ? program : new Refusal(Code.WrongState, $"{program} is missing on {options.Node}", "install it, or set postgres.bin_dir to the folder that holds all of PostgreSQL's programs");
    }

    /// <summary>
    /// The options the server was last started with (postmaster.opts), without -D, and with config_file where the configuration
    /// lies outside the data directory (fact 9).
    /// </summary>
    internal IReadOnlyList<string> ServerOptions()
    {
        var last = LastArguments().Skip(1).ToList();
        var startedOn = TakeDirectory(last);
        var named = last.FindIndex(a => a.StartsWith("config_file=", StringComparison.Ordinal) || a.StartsWith("--config_file=", StringComparison.Ordinal));
        if (options.Postgres.ConfigFile is { } configured && named >= 0)
            last[named] = last[named][..(last[named].IndexOf('=', StringComparison.Ordinal) + 1)] + configured;
        else if (named < 0 && options.Postgres.ConfigFile is null && ConfigurationOf(startedOn) is { } its)
            last.AddRange(["-c", $"config_file={its}", .. AccessFiles(its, last)]);
        else if (named < 0 && ConfigurationOutside(data.Root, data.Major) is { } file)
            last.AddRange(["-c", $"config_file={file}"]);
        return last;
    }

    /// <summary>The configuration file that the server would begin with, by these options.</summary>
    internal string ConfigFile(IReadOnlyList<string> serverOptions)
    {
        var named = serverOptions.FirstOrDefault(a => a.TrimStart('-').StartsWith("config_file=", StringComparison.Ordinal));
        return named is null ? Path.Combine(data.Root, "postgresql.conf") : Path.GetFullPath(named[(named.IndexOf('=', StringComparison.Ordinal) + 1)..], data.Root);
    }

    /// <summary>Takes -D out of a command line; the last directory it names.</summary>
    private static string? TakeDirectory(List<string> arguments)
    {
        string? directory = null;
        for (var i = arguments.FindIndex(IsDirectory); i >= 0; i = arguments.FindIndex(IsDirectory))
        {
            directory = arguments[i].Length > 2 ? arguments[i][2..] : arguments.ElementAtOrDefault(i + 1);
            arguments.RemoveRange(i, arguments[i].Length > 2 ? 1 : Math.Min(2, arguments.Count - i));
        }
        return directory;
    }

    private static bool IsDirectory(string argument) => argument.StartsWith("-D", StringComparison.Ordinal);

    /// <summary>
    /// -D may name a directory with the configuration alone, whose <c>data_directory</c> says where the data is. Another data directory says
    /// nothing: this one is a copy of it. Nor does a relative path: nobody knows from where the server was started.
    /// </summary>
    private static string? ConfigurationOf(string? directory) =>
        directory is not null && Path.IsPathRooted(directory) && !File.Exists(Path.Combine(directory, "PG_VERSION"))
            && Path.Combine(directory, "postgresql.conf") is var file && File.Exists(file) ? file : null;

    /// <summary>The other two files that the server looks for where -D points, unless it is told of others.</summary>
    private IEnumerable<string> AccessFiles(string configuration, List<string> arguments)
    {
        var set = SettingPlaces.Read(configuration, data.AutoConf, arguments).Last;
        return new[] { (Name: "hba_file", File: "pg_hba.conf"), (Name: "ident_file", File: "pg_ident.conf") }
            .Where(f => !set.ContainsKey(f.Name))
            .SelectMany(f => new[] { "-c", $"{f.Name}={Path.Combine(Path.GetDirectoryName(configuration)!, f.File)}" });
    }

    /// <summary>What the server would use for a setting if it started now, asked of the server program itself.</summary>
    internal Task<Answer<string>> SettingAsync(string name, CancellationToken cancel) =>
        SettingAsync(name, data.Configured, data.Major, ServerOptions(), cancel);

    /// <summary>The same if these settings had these values. Nothing is set.</summary>
    internal Task<Answer<string>> SettingAsync(string name, IEnumerable<KeyValuePair<string, string>> meant, CancellationToken cancel) =>
        SettingAsync(name, data.Configured, data.Major, [.. ServerOptions(), .. meant.SelectMany(m => new[] { "-c", $"{m.Key}={m.Value}" })], cancel);

    /// <summary>The same for a data directory that lies elsewhere and has its configuration inside.</summary>
    internal Task<Answer<string>> SettingInsideAsync(string name, string directory, int? major, CancellationToken cancel) =>
        SettingAsync(name, directory, major, [], cancel);

    /// <summary>
    /// The configuration file that lies outside a data directory: the configured one, or Debian's, which keeps it in /etc. Null if the
    /// directory holds its own, or where there is none at all.
    /// </summary>
    internal string? ConfigurationOutside(string directory, int? major)
    {
        if (options.Postgres.ConfigFile is { } configured)
            return configured;
        if (File.Exists(Path.Combine(directory, "postgresql.conf")))
            return null;
        var debian = $"/etc/postgresql/{major}/{Path.GetFileName(data.Root)}/postgresql.conf";
        return File.Exists(debian) ? debian : null;
    }

    private async Task<Answer<string>> SettingAsync(
        string name, string directory, int? major, IEnumerable<string> serverOptions, CancellationToken cancel)
    {
        var program = Program("postgres", major);
        if (!program.IsOk)
            return program.Refusal;
        var (code, output, error) = await ToolRun.RunAsync(program.Value, ["-C", name, "-D", directory, .. serverOptions], cancel);
        return code == 0 ? output.TrimEnd('\n') : new Refusal(Code.WrongState,
            $"{program.Value} does not accept its configuration: {Words(error) ?? $"exit code {code}"}", "correct the server's configuration");
    }

    /// <summary>What the server program complains of, without times, pids and levels: the causes where it names them, else the end of it all.</summary>
    private static string? Words(string error)
    {
        var lines = error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var causes = lines.Select(l => After(l, "LOG:  ") ?? After(l, "DETAIL:  ")).OfType<string>().ToArray();
        var all = causes.Length > 0 ? causes : [.. lines.Select(l => After(l, "FATAL:  ")).OfType<string>()];
        return all.Length > 0 ? string.Join("; ", all) : lines.Length > 0 ? lines[^1] : null;
    }

    private static string? After(string line, string level) =>
        line.IndexOf(level, StringComparison.Ordinal) is >= 0 and var at ? line[(at + level.Length)..] : null;

    private string? LastUsed() => LastArguments().FirstOrDefault() is { } program ? Path.GetDirectoryName(program) : null;

    /// <summary>postmaster.opts: the program, then each argument in double quotes.</summary>
    private List<string> LastArguments()
    {
        var file = Path.Combine(data.Root, "postmaster.opts");
        if (!File.Exists(file))
            return [];
        var parts = SmallFile.Text(file).Trim().Split(" \"");
        return [parts[0], .. parts.Skip(1).Select(p => p.TrimEnd('"'))];
    }
}
