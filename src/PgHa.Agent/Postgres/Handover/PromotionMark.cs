using PgHa.Agent.Files;
using PgHa.Agent.Configuration;

namespace PgHa.Agent.Postgres;

/// <summary>
/// Says that the running server was told to become primary: by this agent (<c>state_dir/promoting</c>), or by a trigger file that
/// still lies there (the postmaster looks for it at every signal that any of its processes sends). That cannot be taken back: the
/// startup process may act on it at any later moment. The node counts as writable until it does, or until the server has ended.
/// </summary>
internal sealed class PromotionMark(AgentOptions options, DataDirectory data)
{
    private readonly string _file = options.State.Promoting;

    /// <summary>The file by which a server is told; the next start of a server removes one that is left.</summary>
    internal string Trigger { get; } = Path.Combine(data.Root, "promote");

    /// <summary>Before anything else is done. Not fsynced, because the server does not outlive the machine either.</summary>
    internal void Set(PostmasterPid server) => File.WriteAllText(_file, Words(server));

    /// <summary>Why it could not be set now, or null: asked before anything stops for a promotion.</summary>
    internal string? Problem() => DurableFile.Problem(_file, length: 4096);

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
