using System.Diagnostics;

namespace PgHa.Formats.Tests.Support;

/// <summary>Runs programs as the user postgres, whom PostgreSQL accepts where it refuses root.</summary>
internal static class Shell
{
    public sealed record Output(int Code, string Out, string Error);

    /// <summary>Runs a program as the user postgres.</summary>
    public static Task<Output> TryRun(string program, params string[] arguments) => Environment.IsPrivilegedProcess
        ? Start("setpriv", ["--reuid", "postgres", "--regid", "postgres", "--init-groups", program, .. arguments])
        : Start(program, arguments);

    /// <summary>Runs a program as the user postgres, which must succeed.</summary>
    public static async Task<string> Run(string program, params string[] arguments) =>
        Succeeded(await TryRun(program, arguments), program, arguments);

    /// <summary>Runs a program as the present user, which must succeed.</summary>
    public static async Task<string> RunHere(string program, params string[] arguments) =>
        Succeeded(await Start(program, arguments), program, arguments);

    private static async Task<Output> Start(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/tmp",
        };
        start.Environment["LC_ALL"] = "C";
        start.Environment["TZ"] = "UTC";
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        var output = process.StandardOutput.ReadToEndAsync(deadline.Token);
        var error = process.StandardError.ReadToEndAsync(deadline.Token);
        await process.WaitForExitAsync(deadline.Token);
        return new Output(process.ExitCode, await output, await error);
    }

    private static string Succeeded(Output result, string program, string[] arguments) => result.Code == 0
        ? result.Out
        : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {result.Code}\n{result.Out}\n{result.Error}");
}
