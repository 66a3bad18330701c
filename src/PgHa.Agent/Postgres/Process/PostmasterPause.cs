using PgHa.Agent.Configuration;
using PgHa.Agent.Files;

namespace PgHa.Agent.Postgres;

/// <summary>
/// Stops a postmaster by SIGSTOP for a moment of a role change. New sessions queue, while its processes work on. Three things let it go
/// on: the step that stopped it, the clock, and its guard if the agent was killed or frozen. A file in state_dir tells the next run of an agent
/// that was killed together with the guard.
/// </summary>
internal sealed class PostmasterPause(AgentOptions options, DataDirectory data, PauseGuard guard, TimeProvider time)
{
    /// <summary>Not fsynced, because the postmaster does not outlive the machine either.</summary>
    private string Marker => options.State.Paused;

    /// <summary>Ahead of a pause, so that the pause itself takes no time to begin.</summary>
    internal void BeReady() => guard.BeReady();

    /// <summary>Stops it until the answer is disposed or the time is up.</summary>
    internal Held Hold(ServerProcess postmaster, TimeSpan atMost)
    {
        guard.Watch(postmaster, atMost);
        File.WriteAllBytes(Marker, []);
        postmaster.Signal(Linux.SigStop);
        return new(this, postmaster, time, atMost);
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

    private void LetGoOn(ServerProcess postmaster)
    {
        postmaster.Signal(Linux.SigCont);
        guard.Forget();
        try
        {
            File.Delete(Marker);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // harmless: to let the postmaster go on is right at any time
        }
    }

    /// <summary>A postmaster that is stopped.</summary>
    internal sealed class Held : IDisposable
    {
        private readonly Lock _gate = new();
        private readonly PostmasterPause _pause;
        private readonly ServerProcess _postmaster;
        private readonly ITimer _clock;
        private bool _over;

        internal Held(PostmasterPause pause, ServerProcess postmaster, TimeProvider time, TimeSpan atMost)
        {
            (_pause, _postmaster) = (pause, postmaster);
            _clock = time.CreateTimer(_ => Dispose(), null, atMost, Timeout.InfiniteTimeSpan);
        }

        /// <summary>Sends a signal, if the postmaster has been stopped throughout; false if it was let go on before.</summary>
        internal bool Signal(int signal)
        {
            lock (_gate)
                return !_over && _postmaster.Frozen && _postmaster.Signal(signal);
        }

        /// <summary>Lets it go on; doing so again does nothing.</summary>
        public void Dispose()
        {
            lock (_gate)
            {
                if (_over)
                    return;
                _over = true;
                _clock.Dispose();
                _pause.LetGoOn(_postmaster);
            }
        }
    }
}
