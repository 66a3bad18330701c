using System.Diagnostics;

namespace PgHa.Formats.Tests.Support;

/// <summary>Runs programs as the user postgres, whom PostgreSQL accepts where it refuses root.</summary>
internal static class Shell
{
    public sealed record Output(int Code, string Out, string Error);

    public static async Task<Output> TryRun(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.IsPrivilegedProcess ? "setpriv" : program)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/tmp",
        };
        start.Environment["LC_ALL"] = "C";
        start.Environment["TZ"] = "UTC";
        string[] asPostgres = Environment.IsPrivilegedProcess
            ? ["--reuid", "postgres", "--regid", "postgres", "--init-groups", program]
            : [];
        foreach (var argument in asPostgres.Concat(arguments))
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        var output = process.StandardOutput.ReadToEndAsync(deadline.Token);
        var error = process.StandardError.ReadToEndAsync(deadline.Token);
        await process.WaitForExitAsync(deadline.Token);
        return new Output(process.ExitCode, await output, await error);
    }

    public static async Task<string> Run(string program, params string[] arguments)
    {
        var result = await TryRun(program, arguments);
        return result.Code == 0
            ? result.Out
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {result.Code}\n{result.Out}\n{result.Error}");
    }
}
