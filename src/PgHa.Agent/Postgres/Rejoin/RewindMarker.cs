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
    private readonly string _path = options.State.RewindUnfinished;
    private readonly string _files = options.State.RewindFiles;

    /// <summary>In a directory that takes the place of the one that was marked: it is not meant, also where the agent dies before it can say so.</summary>
    private const string Replacement = "pgha.replaces-rewind";

    /// <summary>Why the data directory cannot be used, or null.</summary>
    internal string? Problem => File.Exists(_path) && !IsReplaced()
        ? "a rewind of it did not finish: it is neither the old state nor the new one and cannot be started (what existed only there was salvaged before)"
        : null;

    /// <summary>The node's own files as they were before the rewind that did not finish, which may have brought the source's; null if there was none.</summary>
    internal OwnFiles? Own => Problem is not null && File.Exists(_files) ? Kept() : null;

    /// <summary>
    /// Keeps the node's own files, and takes those out of the data directory that pg_rewind cannot write over. If no rewind has begun when the
    /// answer is disposed, they are there again.
    /// </summary>
    internal Keeping Keep(OwnFiles own)
    {
        DurableFile.Replace(_files, own.ToBytes(), UnixFileMode.UserRead | UnixFileMode.UserWrite); // keys are among them
        var keeping = new Keeping(PutBackUnlessBegun);
        try
        {
            own.TakeHindrances(data.Root);
            return keeping;
        }
        catch
        {
            keeping.Dispose();
            throw;
        }
    }

    /// <summary>From here on pg_rewind is at work. The node's own files are kept.</summary>
    internal void Set(string salvage) =>
        DurableFile.Replace(_path, Encoding.UTF8.GetBytes($"{options.Postgres.DataDir}\nsalvage {salvage}\nrewind {Guid.NewGuid():N}\n"));

    /// <summary>Puts back what was taken out for a rewind that did not begin, also by an agent that was killed then.</summary>
    internal void PutBackUnlessBegun()
    {
        if (Problem is not null || !File.Exists(_files))
            return;
        Kept().PutHindrancesBack(data.Root);
        DurableFile.Remove(_files);
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
        DurableFile.Remove(_files);
    }

    private bool IsReplaced() => Path.Combine(data.Root, Replacement) is var file && File.Exists(file) && SmallFile.Text(file) == SmallFile.Text(_path);

    private OwnFiles Kept() => OwnFiles.From(SmallFile.Bytes(_files, SmallFile.Large));

    /// <summary>They are kept.</summary>
    internal sealed class Keeping(Action putBack) : IDisposable
    {
        /// <summary>They are where they were, unless a rewind has begun.</summary>
        public void Dispose() => putBack();
    }
}
