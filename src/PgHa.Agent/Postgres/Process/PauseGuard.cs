using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace PgHa.Agent.Postgres;

/// <summary>
/// Lets a paused postmaster go on when this agent ends, in whatever way, and whether it is started again or not. A small shell in a session of
/// its own reads a pipe whose other end only the agent holds: the kernel closes it with the agent, also after kill -9. A frozen agent keeps
/// the pipe open, so the shell also acts by the clock, one second after the pause should have ended. The shell is started before it is
/// needed, and then stays.
/// </summary>
internal sealed class PauseGuard : IDisposable
{
    /// <summary>The last line names what is stopped, by pid and start (pids are reused), and for how many seconds; <c>0</c> nothing.</summary>
    private const string Script = """
        exec >/dev/null 2>&1
        held=0 clock=
        go_on() { [ "$held" != 0 ] && read -r stat <"/proc/$held/stat" && set -- ${stat##*) } && [ "${20}" = "$began" ] && kill -CONT "$held"; }
        while read -r pid start most; do
          [ -z "$clock" ] || kill "$clock"
          clock= held=$pid began=$start
          [ "$held" = 0 ] || { (sleep "$most"; go_on) & clock=$!; }
        done
        go_on
        """;

    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private Process? _shell;

    /// <summary>Starts it unless it runs. Done ahead, because it takes a few milliseconds.</summary>
    /// <exception cref="Win32Exception">It cannot be started.</exception>
    internal void BeReady()
    {
        lock (_gate)
        {
            if (_shell is { HasExited: false })
                return;
            _shell?.Dispose();
            var start = new ProcessStartInfo("setsid", ["/bin/sh", "-c", Script]) { RedirectStandardInput = true, WorkingDirectory = "/" };
            start.Environment["LC_ALL"] = "C";
            _shell = Process.Start(start)!;
        }
    }

    /// <summary>Before it is stopped.</summary>
    internal void Watch(ServerProcess postmaster, TimeSpan atMost)
    {
        BeReady();
        Say(string.Create(CultureInfo.InvariantCulture, $"{postmaster.Pid} {postmaster.Started} {(atMost + Margin).TotalSeconds}"));
    }

    /// <summary>After it was let go on. A guard that was ended need not be told.</summary>
    internal void Forget()
    {
        try
        {
            Say("0 0 0");
        }
        catch (IOException)
        {
            // the next pause starts another one
        }
    }

    public void Dispose() => _shell?.Dispose();

    private void Say(string line)
    {
        lock (_gate)
        {
            _shell!.StandardInput.WriteLine(line);
            _shell.StandardInput.Flush();
        }
    }
}
