using System.Diagnostics;

namespace PgHa.Cluster.Tests.Harness;

/// <summary>Runs programs as the user postgres where the tests run as root (PostgreSQL refuses root), else directly.</summary>
internal static class AsPostgres
{
    public const string BinDir = "/usr/lib/postgresql/15/bin";

    private static readonly string[] Become = ["/usr/bin/setpriv", "--reuid", "postgres", "--regid", "postgres", "--init-groups", "--"];

    public static Task<string> Postgres(string tool, params string[] arguments) => Run(Path.Combine(BinDir, tool), arguments);

    /// <summary>Runs to the end and returns its output; fails with the output when the exit code is not 0.</summary>
    public static Task<string> Run(string program, params string[] arguments) => RunIn(null, program, arguments);

    /// <summary>The same in a network namespace.</summary>
    public static Task<string> RunIn(string? space, string program, params string[] arguments) => ToItsEnd(Start(space, program, arguments), program, arguments);

    /// <summary>The same as the user of the tests themselves.</summary>
    public static Task<string> AsRoot(string program, params string[] arguments) => ToItsEnd(Start([program, .. arguments]), program, arguments);

    private static async Task<string> ToItsEnd(Process started, string program, string[] arguments)
    {
        using var process = started;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        if (process.ExitCode == 0) return await output;
        throw new InvalidOperationException(
            $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}\n{await output}{await errors}");
    }

    /// <summary>Starts a program whose output goes to a file: it may outlive every pipe of ours.</summary>
    public static Process StartLogged(string log, string program, params string[] arguments) => StartLoggedIn(null, log, program, arguments);

    /// <summary>The same in a network namespace.</summary>
    public static Process StartLoggedIn(string? space, string log, string program, params string[] arguments) =>
        Start(space, "/bin/sh", ["-c", "exec \"$@\" >>\"$0\" 2>&1", log, program, .. arguments]);

    /// <summary>The same, where the kernel gives another boot, as a file has it; needs root.</summary>
    public static Process StartBooted(string? space, string? boot, string log, string[] command) =>
        Start(space, "/bin/sh", ["-c", "exec \"$@\" >>\"$0\" 2>&1", log, .. command], boot);

    private static Process Start(string? space, string program, string[] arguments, string? boot = null) =>
        Start([.. Enter(space), .. Booted(boot), .. Environment.IsPrivilegedProcess ? Become : [], program, .. arguments]);

    private static string[] Booted(string? boot) => boot is null ? []
        : ["/usr/bin/unshare", "--mount", "--", "/bin/sh", "-c", "mount --bind \"$0\" /proc/sys/kernel/random/boot_id && exec \"$@\"", boot];

    private static string[] Enter(string? space) => space is null ? [] : ["/usr/bin/nsenter", $"--net=/run/netns/{space}", "--"];

    private static Process Start(string[] command)
    {
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/tmp",
        };
        start.Environment["LC_ALL"] = "C";
        start.Environment["PGTZ"] = "UTC";
        return Process.Start(start)!;
    }
}
