using PgHa.Agent.Files;
using PgHa.Agent.Configuration;

namespace PgHa.Agent.Postgres;

/// <summary>
/// Says that the running server was told to become primary: by this agent (<c>state_dir/promoting</c>), or by anybody whose trigger file
/// still lies there (the postmaster looks for it at every signal that any of its processes sends it). Nothing takes that back: its
/// startup process may obey at any later moment, whatever became of who told it, so until it does, or the server has ended, the node
/// counts as writable.
/// </summary>
internal sealed class PromotionMark(AgentOptions options, DataDirectory data)
{
    private readonly string _file = Path.Combine(options.StateDir, "promoting");

    /// <summary>The file by which a server is told; the next start of a server removes one that is left.</summary>
    internal string Trigger { get; } = Path.Combine(data.Root, "promote");

    /// <summary>Before anything else is done. Need not outlive the machine: the server does not either.</summary>
    internal void Set(PostmasterPid server) => File.WriteAllText(_file, Words(server));

    /// <summary>Why it could not be set now, or null: asked before anything stops for a promotion.</summary>
    internal string? Problem()
    {
        var probe = _file + ".pgha-new";
        try
        {
            File.WriteAllText(probe, new string(' ', 4096));
            File.Delete(probe);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }

    /// <summary>It accepts writes now, or was not told after all.</summary>
    internal void Clear() => File.Delete(_file);

    /// <summary>Whether this run of the server was told.</summary>
    internal bool IsFor(PostmasterPid server) => Path.Exists(Trigger) || IsMarked(server);

    private bool IsMarked(PostmasterPid server)
    {
        if (!File.Exists(_file))
            return false; // asked at every observation: an exception each time would cost
        try
        {
            return SmallFile.Text(_file) == Words(server);
        }
        catch (FileNotFoundException)
        {
            return false; // cleared since the look
        }
    }

    private static string Words(PostmasterPid server) => $"{server.Pid} {server.Started}";
}
