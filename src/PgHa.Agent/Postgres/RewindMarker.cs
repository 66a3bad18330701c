using System.Text;
using PgHa.Agent.Configuration;
using PgHa.Agent.Files;

namespace PgHa.Agent.Postgres;

/// <summary>
/// Says, across a crash, that a rewind of the data directory has begun and not finished: what lies there is neither the old state nor
/// the new one, and must never be started (fact 22). It lies in state_dir, because pg_rewind removes what the source does not have.
/// </summary>
internal sealed class RewindMarker(AgentOptions options, DataDirectory data)
{
    private readonly string _path = Path.Combine(options.StateDir, "rewind-unfinished");
    private readonly string _configuration = Path.Combine(options.StateDir, "rewind-configuration");

    /// <summary>In a directory that takes the place of the one that was marked: it is not meant, also where the agent dies before it can say so.</summary>
    private const string Replacement = "pgha.replaces-rewind";

    /// <summary>Why the data directory cannot be used, or null.</summary>
    internal string? Problem => File.Exists(_path) && !IsReplaced()
        ? "a rewind of it did not finish: it is neither the old state nor the new one and cannot be started (what existed only there was salvaged before)"
        : null;

    /// <summary>The node's own configuration as it was before the rewind that did not finish, which may have brought the source's; null where there was none.</summary>
    internal OwnConfiguration? Configuration => File.Exists(_path) && Directory.Exists(_configuration) ? OwnConfiguration.Read(_configuration) : null;

    internal void Set(string salvage, OwnConfiguration own)
    {
        RemoveConfiguration();
        Directory.CreateDirectory(_configuration, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        own.PutBack(_configuration);
        DurableFile.Replace(_path, Encoding.UTF8.GetBytes($"{options.Postgres.DataDir}\nsalvage {salvage}\nrewind {Guid.NewGuid():N}\n"));
    }

    /// <summary>What is made in this directory will take the place of what is marked.</summary>
    internal void Exempt(string directory)
    {
        if (File.Exists(_path))
            DurableFile.Replace(Path.Combine(directory, Replacement), SmallFile.Bytes(_path));
    }

    internal void Clear()
    {
        DurableFile.Remove(_path);
        DurableFile.Remove(Path.Combine(data.Root, Replacement));
        RemoveConfiguration();
    }

    private bool IsReplaced() => Path.Combine(data.Root, Replacement) is var file && File.Exists(file) && SmallFile.Text(file) == SmallFile.Text(_path);

    private void RemoveConfiguration()
    {
        if (Directory.Exists(_configuration))
            Directory.Delete(_configuration, recursive: true);
    }
}
