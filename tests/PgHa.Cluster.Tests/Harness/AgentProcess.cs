using System.Diagnostics;
using System.Globalization;

namespace PgHa.Cluster.Tests.Harness;

/// <summary>The agent of one node: the real executable, its output in a file.</summary>
internal sealed class AgentProcess(string configFile, string logFile)
{
    private Process? process;

    public static string Binary { get; } = Environment.GetEnvironmentVariable("PGHA_TEST_BINARY") ?? InRepository("dist/pgha");

    public string LogFile { get; } = logFile;

    public string ConfigFile { get; } = configFile;

    /// <summary>The network namespace it runs in; null: that of the tests.</summary>
    public string? Namespace { get; init; }

    /// <summary>A file with the boot of its machine, for a machine that has booted since; null: that of the tests.</summary>
    public string? Boot { get; set; }

    /// <summary>Variables that it starts with, beside those of the tests: NAME=VALUE.</summary>
    public IReadOnlyList<string> Variables { get; set; } = [];

    public bool IsRunning => process is { HasExited: false };

    public int Pid => process!.Id;

    public void Start() => process = AsPostgres.StartBooted(Namespace, Boot, LogFile, ["/usr/bin/env", .. Variables, Binary, "agent", "--config", ConfigFile]);

    /// <summary>SIGTERM: the clean stop, which leaves PostgreSQL alone.</summary>
    public Task Stop() => End(Signal.Term);

    /// <summary>SIGKILL: the crash.</summary>
    public Task Kill() => End(Signal.Kill);

    /// <summary>Each of its threads: on a busy machine one goes on for a moment when the first has stopped.</summary>
    public Task Freeze()
    {
        Signal.Send(Pid, Signal.Stop);
        return Wait.Until("the agent is frozen", () => Directory.EnumerateDirectories($"/proc/{Pid}/task").All(thread => ServerProcesses.IsFrozen(int.Parse(Path.GetFileName(thread), CultureInfo.InvariantCulture))));
    }

    public void Thaw() => Signal.Send(Pid, Signal.Continue);

    public async Task<int> WaitForExit()
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        await process!.WaitForExitAsync(deadline.Token);
        return process.ExitCode;
    }

    public async Task Abandon()
    {
        if (!IsRunning) return;
        Signal.Send(Pid, Signal.Continue);
        Signal.Send(Pid, Signal.Term);
        for (var i = 0; i < 500 && IsRunning; i++) await Task.Delay(10, CancellationToken.None);
        Signal.Send(Pid, Signal.Kill);
    }

    private async Task End(int signal)
    {
        Signal.Send(Pid, signal);
        await WaitForExit();
    }

    /// <summary>The tests run from bin/ below the repository.</summary>
    public static string InRepository(string path)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "PgHa.slnx"))) folder = folder.Parent!;
        return Path.Combine(folder.FullName, path);
    }
}
