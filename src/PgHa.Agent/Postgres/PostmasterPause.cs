using PgHa.Agent.Configuration;
using PgHa.Agent.Files;

namespace PgHa.Agent.Postgres;

/// <summary>
/// Stops a postmaster by SIGSTOP for a moment of a role change: it accepts no sessions and they queue, while its processes work on.
/// A file in state_dir tells an agent that was killed meanwhile to let it go on.
/// </summary>
internal sealed class PostmasterPause(AgentOptions options, DataDirectory data)
{
    /// <summary>Need not outlive the machine: the postmaster does not either.</summary>
    private string Marker => Path.Combine(options.StateDir, "hand-over");

    /// <summary>Stops it until the answer is disposed.</summary>
    internal Held Hold(ServerProcess postmaster)
    {
        File.WriteAllBytes(Marker, []);
        postmaster.Signal(Linux.SigStop);
        return new(postmaster, Marker);
    }

    /// <summary>Lets a postmaster go on that an agent which was killed had stopped.</summary>
    internal void RecoverAfterCrash()
    {
        if (!File.Exists(Marker))
            return;
        using var postmaster = PostmasterPid.Read(data.Root) is { } server ? ServerProcess.Open(server.Pid, data.Root) : null;
        postmaster?.Signal(Linux.SigCont);
        File.Delete(Marker);
    }

    /// <summary>A postmaster that is stopped.</summary>
    internal sealed class Held(ServerProcess postmaster, string marker) : IDisposable
    {
        private bool _over;

        /// <summary>Lets it go on; doing so again does nothing.</summary>
        public void Dispose()
        {
            if (_over)
                return;
            postmaster.Signal(Linux.SigCont);
            File.Delete(marker);
            _over = true;
        }
    }
}
