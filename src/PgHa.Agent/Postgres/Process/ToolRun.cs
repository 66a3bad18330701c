using System.Diagnostics;

namespace PgHa.Agent.Postgres;

/// <summary>Runs one of PostgreSQL's programs with an argument list, never through a shell.</summary>
internal static class ToolRun
{
    /// <summary>Runs a program to its end. It is killed, with all that it has started, when the caller gives up.</summary>
    internal static async Task<(int Code, string Output, string Error)> RunAsync(
        string program, IEnumerable<string> arguments, CancellationToken cancel, string input = "")
    {
        using var process = Start(program, arguments);
        try
        {
            return await EndAsync(process, input, cancel);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            throw;
        }
    }

    /// <summary>The same for one whose work is to go on when the caller gives up: a server that it has started is not killed half way.</summary>
    internal static async Task<(int Code, string Output, string Error)> RunOnAsync(string program, IEnumerable<string> arguments, CancellationToken cancel)
    {
        using var process = Start(program, arguments);
        return await EndAsync(process, "", cancel);
    }

    private static async Task<(int Code, string Output, string Error)> EndAsync(System.Diagnostics.Process process, string input, CancellationToken cancel)
    {
        await process.StandardInput.WriteAsync(input.AsMemory(), cancel);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(cancel);
        var error = process.StandardError.ReadToEndAsync(cancel);
        await process.WaitForExitAsync(cancel);
        return (process.ExitCode, await output, await error);
    }

    /// <summary>
    /// Runs a program that may take long, handing on each line of its stderr. It is killed when the caller gives up, and when it says
    /// nothing for too long.
    /// </summary>
    /// <returns>Its exit code; null when it was killed for its silence.</returns>
    internal static Task<int?> WatchAsync(string program, IEnumerable<string> arguments, Action<string> line, TimeSpan silence, CancellationToken cancel) =>
        WatchAsync(program, arguments, line, () => silence, cancel);

    /// <summary>The same, where how long it may be silent depends on what it said last.</summary>
    internal static async Task<int?> WatchAsync(
        string program, IEnumerable<string> arguments, Action<string> line, Func<TimeSpan> silence, CancellationToken cancel)
    {
        using var process = Start(program, arguments);
        process.StandardInput.Close();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        try
        {
            patience.CancelAfter(silence());
            while (await process.StandardError.ReadLineAsync(patience.Token) is { } text)
            {
                line(text);
                patience.CancelAfter(silence());
            }
            await process.WaitForExitAsync(patience.Token);
            return process.ExitCode;
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
            cancel.ThrowIfCancellationRequested();
            return null;
        }
    }

    private static System.Diagnostics.Process Start(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        start.Environment["LC_ALL"] = "C";
        return System.Diagnostics.Process.Start(start)!;
    }
}
