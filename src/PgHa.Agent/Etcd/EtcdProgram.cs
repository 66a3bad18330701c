using System.ComponentModel;
using System.Diagnostics;
using System.Text.RegularExpressions;
using PgHa.Agent.Configuration;

namespace PgHa.Agent.Etcd;

/// <summary>The program etcd on this machine.</summary>
internal static partial class EtcdProgram
{
    private const string Install = "apt-get install etcd-server; its own service is not needed: systemctl disable --now etcd";
    private static readonly Version Oldest = new(3, 4);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>The first one in these folders that is recent enough, or why there is none.</summary>
    internal static async Task<(string? Program, Complaint? Why)> FindAsync(IEnumerable<string> folders, TimeProvider time, CancellationToken cancel)
    {
        if (folders.Where(Path.IsPathRooted).Select(f => Path.Combine(f, "etcd")).FirstOrDefault(File.Exists) is not { } program)
            return (null, new("etcd is not installed on this machine", Install));
        var said = await VersionAsync(program, time, cancel);
        if (said is null || VersionOf(said) is not { } version)
            return (null, new($"{program} --version does not tell a version", Install));
        return version < Oldest ? (null, new($"{program} is version {version}", $"{Oldest} or later is needed: {Install}")) : (program, null);
    }

    /// <summary>Where programs are found: on PATH, then where Debian keeps them.</summary>
    internal static IEnumerable<string> Folders(string? path) => (path ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries).Append("/usr/bin");

    internal static Version? VersionOf(string said) => Pattern().Match(said) is { Success: true } match && Version.TryParse(match.Groups[1].Value, out var version) ? version : null;

    private static async Task<string?> VersionAsync(string program, TimeProvider time, CancellationToken cancel)
    {
        using var bound = new CancellationTokenSource(Patience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(bound.Token, cancel);
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, ["--version"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            try
            {
                var said = await process.StandardOutput.ReadToEndAsync(both.Token);
                await process.WaitForExitAsync(both.Token);
                return said;
            }
            catch (OperationCanceledException)
            {
                process.Kill();
                cancel.ThrowIfCancellationRequested();
                return null;
            }
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    [GeneratedRegex(@"^etcd Version: (\d+\.\d+(?:\.\d+)?)", RegexOptions.Multiline)]
    private static partial Regex Pattern();
}
