using System.Text;
using PgHa.Agent.Configuration;
using PgHa.Agent.Files;

namespace PgHa.Agent.Postgres;

/// <summary>
/// Says, across a crash, that a rewind of the data directory has begun and not finished: what lies there is neither the old state nor
/// the new one, and must never be started (fact 22). It lies in state_dir, because pg_rewind removes what the source does not have.
/// </summary>
internal sealed class RewindMarker(AgentOptions options)
{
    private readonly string _path = Path.Combine(options.StateDir, "rewind-unfinished");

    /// <summary>Why the data directory cannot be used, or null.</summary>
    internal string? Problem => File.Exists(_path)
        ? "a rewind of it did not finish: it is neither the old state nor the new one and cannot be started (what existed only there was salvaged before)"
        : null;

    internal void Set(string salvage) => DurableFile.Replace(_path, Encoding.UTF8.GetBytes($"{options.Postgres.DataDir}\nsalvage {salvage}\n"));

    internal void Clear() => DurableFile.Remove(_path);
}
