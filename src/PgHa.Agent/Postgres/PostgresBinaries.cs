using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Client.Operations;

namespace PgHa.Agent.Postgres;

/// <summary>PostgreSQL's own programs, of the data directory's major version, and how the operator starts this server.</summary>
internal sealed class PostgresBinaries(AgentOptions options, DataDirectory data)
{
    /// <summary>The folder that holds <c>postgres</c> and <c>pg_ctl</c>, or why there is none.</summary>
    internal Answer<string> Folder()
    {
        string?[] candidates = options.Postgres.BinDir is { } configured
            ? [configured]
            : [LastUsed(), .. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'), $"/usr/lib/postgresql/{data.Major}/bin", $"/usr/pgsql-{data.Major}/bin"];
        return candidates.FirstOrDefault(c => c is { Length: > 0 } && File.Exists(Path.Combine(c, "postgres")) && File.Exists(Path.Combine(c, "pg_ctl"))) is { } found
            ? found
            : new Refusal(Code.WrongState,
                options.Postgres.BinDir is { } wrong ? $"{wrong} does not hold postgres and pg_ctl" : $"postgres and pg_ctl of PostgreSQL {data.Major} were not found",
                "set postgres.bin_dir to the folder that holds them");
    }

    /// <summary>
    /// The options the server was last started with (postmaster.opts), without -D, and with config_file where the configuration
    /// lies outside the data directory (fact 9).
    /// </summary>
    internal IReadOnlyList<string> ServerOptions()
    {
        var last = LastArguments().Skip(1).ToList();
        for (var i = last.IndexOf("-D"); i >= 0; i = last.IndexOf("-D"))
            last.RemoveRange(i, Math.Min(2, last.Count - i));
        var named = last.FindIndex(a => a.StartsWith("config_file=", StringComparison.Ordinal) || a.StartsWith("--config_file=", StringComparison.Ordinal));
        if (options.Postgres.ConfigFile is { } configured && named >= 0)
            last[named] = last[named][..(last[named].IndexOf('=', StringComparison.Ordinal) + 1)] + configured;
        else if (named < 0 && (options.Postgres.ConfigFile ?? DebianConfiguration()) is { } file)
            last.AddRange(["-c", $"config_file={file}"]);
        return last;
    }

    /// <summary>What the server would use for a setting if it started now, asked of the server program itself.</summary>
    internal async Task<Answer<string>> SettingAsync(string name, CancellationToken cancel)
    {
        var folder = Folder();
        if (!folder.IsOk)
            return folder.Refusal;
        var (code, output, error) = await ToolRun.RunAsync(
            Path.Combine(folder.Value, "postgres"), ["-C", name, "-D", data.Configured, .. ServerOptions()], cancel);
        return code == 0 ? output.TrimEnd('\n') : new Refusal(Code.WrongState,
            $"postgres -C {name} failed: {error.Trim()}", "correct the server's configuration");
    }

    /// <summary>Debian keeps the configuration of a cluster outside its data directory.</summary>
    private string? DebianConfiguration()
    {
        if (File.Exists(Path.Combine(data.Root, "postgresql.conf")))
            return null;
        var debian = $"/etc/postgresql/{data.Major}/{Path.GetFileName(data.Root)}/postgresql.conf";
        return File.Exists(debian) ? debian : null;
    }

    private string? LastUsed() => LastArguments().FirstOrDefault() is { } program ? Path.GetDirectoryName(program) : null;

    /// <summary>postmaster.opts: the program, then each argument in double quotes.</summary>
    private List<string> LastArguments()
    {
        var file = Path.Combine(data.Root, "postmaster.opts");
        if (!File.Exists(file))
            return [];
        var parts = File.ReadAllText(file).Trim().Split(" \"");
        return [parts[0], .. parts.Skip(1).Select(p => p.TrimEnd('"'))];
    }
}
