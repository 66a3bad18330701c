using PgHa.Agent.Files;
using System.Globalization;
using System.Text.RegularExpressions;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Plans;
using PgHa.Client.Operations;
using PgHa.Formats.Control;

namespace PgHa.Agent.Postgres;

/// <summary>
/// Takes a base backup of another node by PostgreSQL's own pg_basebackup into a directory of its own, and verifies it. Knows nothing
/// of the data directory.
/// </summary>
internal sealed partial class BaseBackup(AgentOptions options, PostgresBinaries binaries, StepProgress progress, TimeProvider time)
{
    /// <summary>The checkpoint at the beginning may take a while, and at the end all has to reach the disk: pg_basebackup says nothing meanwhile.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromMinutes(10);

    /// <summary>While files are copied it says every second how far it is: silence is that of a source that is frozen or cut off, or of a disk that hangs.</summary>
    private static readonly TimeSpan CopySilence = TimeSpan.FromMinutes(1);

    /// <summary>What proves the backup, or why there is none.</summary>
    /// <param name="source">The node to copy.</param>
    /// <param name="major">Its major version.</param>
    /// <param name="identifier">Its system identifier.</param>
    /// <param name="side">The directory to make; it does not exist yet.</param>
    /// <param name="cancel">Ends it, and the program.</param>
    internal async Task<Answer<string>> TakeAsync(NodeOptions source, int major, string identifier, string side, CancellationToken cancel)
    {
        var begun = time.GetTimestamp();
        if (await CopyAsync(source, major, side, cancel) is { } failed)
            return failed;
        var verified = await VerifyAsync(major, side, cancel);
        if (!verified.IsOk)
            return verified.Refusal;
        var file = Path.Combine(side, "global", "pg_control");
        var control = ControlFile.Read(SmallFile.Bytes(file), file);
        if (!control.IsOk || $"{control.Value.SystemIdentifier}" != identifier)
            return new Refusal(Code.StepFailed, $"the backup is not of the cluster {identifier}: {control.Error?.ToString() ?? $"{control.Value.SystemIdentifier}"}", "repeat the call");
        var bytes = new DirectoryInfo(side).EnumerateFiles("*", SearchOption.AllDirectories).Sum(f => f.Length);
        return $"{PlaceRules.Megabytes(bytes)} from {source.Name} in {time.GetElapsedTime(begun).TotalSeconds:F1} s, {verified.Value}";
    }

    private async Task<Refusal?> CopyAsync(NodeOptions source, int major, string side, CancellationToken cancel)
    {
        var program = binaries.Program("pg_basebackup", major);
        if (!program.IsOk)
            return program.Refusal;
        var said = new Queue<string>();
        var silence = Silence;
        progress.Text = $"waits for a checkpoint of {source.Name}";
        var code = await ToolRun.WatchAsync(program.Value,
            ["-D", side, "-d", ConnectionString(source), "-X", "stream", "--checkpoint=fast", "--progress", "--no-password"],
            line =>
            {
                Note(line.Trim(), source.Name, said);
                silence = IsCopying(line) ? CopySilence : Silence;
            },
            () => silence, cancel);
        return code == 0 ? null : new(Code.StepFailed,
            code is null ? $"{source.Name} sent nothing for {silence.TotalSeconds} s" : $"pg_basebackup failed: {Words(said)}",
            $"nothing was put in place; look at the server log of {source.Name} and at the disk, then repeat the call");
    }

    /// <summary>It has begun (before, it waits for the checkpoint and has no numbers) and is not at the end. (Where its estimate was too low it says 100% before the end.)</summary>
    internal static bool IsCopying(string line) =>
        Percent().Match(line) is { Success: true } match && int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture) < 100;

    /// <summary>A progress line begins with numbers (<c>23456/41234 kB (56%), 0/1 tablespace</c>); all others may explain a failure.</summary>
    private void Note(string line, string source, Queue<string> said)
    {
        if (line.Length > 0 && char.IsAsciiDigit(line[0]))
            progress.Text = $"copied {line} from {source}";
        else if (line.Length > 0)
            said.Enqueue(line);
        if (said.Count > 8)
            said.Dequeue();
    }

    /// <summary>The programs mark what matters; the rest is advice over several lines.</summary>
    private static string Words(Queue<string> said)
    {
        var errors = said.Where(l => l.Contains("error:", StringComparison.Ordinal)).ToArray();
        return string.Join(" | ", errors.Length > 0 ? errors : said);
    }

    /// <summary>By the manifest that came with it: every file and its checksum, and the WAL it needs.</summary>
    private async Task<Answer<string>> VerifyAsync(int major, string side, CancellationToken cancel)
    {
        var program = binaries.Program("pg_verifybackup", major);
        if (!program.IsOk)
            return "not verified: pg_verifybackup is not installed";
        progress.Text = "verifies the copy";
        var said = new Queue<string>();
        var code = await ToolRun.WatchAsync(program.Value, ["--quiet", side], line => Note(line, side, said), Timeout.InfiniteTimeSpan, cancel);
        return code == 0 ? "verified by its manifest" : new Refusal(Code.StepFailed, $"the copy is not what was sent: {Words(said)}", "look at the disk, then repeat the call");
    }

    /// <summary>
    /// Keepalives tell a source that is gone without a word. Not by the node's name: a copy that streams with a slot reports what it has flushed, and would let commits go on that wait for the node.
    /// </summary>
    private string ConnectionString(NodeOptions source)
    {
        var info = new ConnInfo().Set("host", source.PostgresHost).Set("port", $"{source.PostgresPort}").Set("user", options.Postgres.ReplicationUser)
            .Set("application_name", "pgha copy").Set("connect_timeout", "10")
            .Set("keepalives_idle", "10").Set("keepalives_interval", "5").Set("keepalives_count", "4");
        return (options.Postgres.Passfile is { } passfile ? info.Set("passfile", passfile) : info).ToString();
    }

    [GeneratedRegex(@"^\s*\d+/\d+ kB \((\d+)%\)")]
    private static partial Regex Percent();
}
