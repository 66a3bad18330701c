using System.Globalization;

namespace PgHa.Cluster.Tests.CommandLine;

/// <summary>A real terminal: a command in a tmux of its own, what it shows, and keys. When the command has ended it shows "ended with" and its exit code.</summary>
internal sealed class Tmux : IAsyncDisposable
{
    private const string Program = "/usr/bin/tmux";
    private static int terminals;
    private readonly string socket = string.Create(CultureInfo.InvariantCulture, $"pgha-test-{Environment.ProcessId}-{Interlocked.Increment(ref terminals)}");

    private Tmux()
    {
    }

    public static async Task<Tmux> Start(int columns, int lines, string command)
    {
        var terminal = new Tmux();
        await terminal.Run("-f", "/dev/null", "new-session", "-d", "-x", columns.ToString(CultureInfo.InvariantCulture), "-y", lines.ToString(CultureInfo.InvariantCulture),
            $"/bin/sh -c 'trap : INT; HOME=/nonexistent {command}; echo ended with $?; exec cat'");
        return terminal;
    }

    /// <summary>What is on it.</summary>
    public Task<string> Screen() => Run("capture-pane", "-p");

    /// <summary>Waits until it shows a text, and gives all that it shows then.</summary>
    public async Task<string> Shows(string text)
    {
        var shown = "";
        try
        {
            await Wait.Until($"the terminal shows '{text}'", async () => (shown = await Screen()).Contains(text, StringComparison.Ordinal), 30);
        }
        catch (TimeoutException)
        {
            TestContext.Current.TestOutputHelper?.WriteLine(shown);
            throw;
        }
        return shown;
    }

    /// <summary>Presses keys, by tmux's names.</summary>
    public Task Press(params string[] keys) => Run(["send-keys", "--", .. keys]);

    public async ValueTask DisposeAsync() => await Run("kill-server");

    private Task<string> Run(params string[] words) => AsPostgres.AsRoot(Program, ["-L", socket, .. words]);
}
