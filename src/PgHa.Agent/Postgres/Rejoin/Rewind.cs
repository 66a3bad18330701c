using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Files;
using PgHa.Client.Operations;
using PgHa.Formats.Control;

namespace PgHa.Agent.Postgres;

/// <summary>
/// Runs pg_rewind on the stopped node, first as a dry run, so that it is refused before a byte is changed. The node's own
/// files are put back afterwards, because pg_rewind copies the source's (fact 6).
/// </summary>
internal sealed class Rewind(AgentOptions options, DataDirectory data, PostgresBinaries binaries, ServerStart start, SignalAside signal, OwnFilesReading files, RewindMarker marker, StepProgress progress)
{
    private static readonly TimeSpan Silence = TimeSpan.FromMinutes(10);

    internal async Task<StepResult> RunAsync(NodeOptions source, string salvage, CancellationToken cancel)
    {
        if (await RecoverAsync(cancel) is { } unclean)
            return StepResult.Failed(unclean);
        marker.PutBackUnlessBegun();
        var own = await files.ReadAsync(rewrites: true, cancel);
        if (!own.IsOk)
            return StepResult.Failed(own.Refusal);
        using var kept = marker.Keep(own.Value);
        if (await PgRewindAsync(source, ["--dry-run"], cancel) is { } refused)
            return StepResult.Failed(refused);
        marker.Set(salvage);
        // It cannot be cancelled from here on.
        if (await PgRewindAsync(source, [], CancellationToken.None) is { } failed)
            return Unfinished(failed.Message);
        if (own.Value.PutBack(data.Root) is { } other)
            return Unfinished($"{other} is not what it was before");
        data.ForgetLastStart();
        DurableFile.Touch(data.StandbySignal);
        marker.Clear();
        return StepResult.Done($"rewound to {source.Name}; its own {own.Value.Count} files are back; salvage {salvage}");
    }

    private StepResult Unfinished(string why) => StepResult.Failed(Code.StepFailed, $"{why}; {marker.Problem}", $"POST instance/slave?rejoin=reclone on {options.Node}");

    /// <summary>pg_rewind wants a cleanly stopped target. Crash recovery in single-user mode makes it one; it ends before the server could serve.</summary>
    private async Task<Refusal?> RecoverAsync(CancellationToken cancel)
    {
        if (data.ReadControl() is { IsOk: true, Value.State: DbState.ShutDown or DbState.ShutDownInRecovery })
            return null;
        var program = binaries.Program("postgres", data.Major);
        if (!program.IsOk)
            return program.Refusal;
        if (await start.MakeFreeAsync(cancel) is { } left)
            return left;
        progress.Text = "recovers from the crash in single-user mode";
        using var taken = signal.Take(); // single-user mode does not start with it
        var (code, _, error) = await ToolRun.RunAsync(program.Value, ["--single", "-F", "-D", data.Configured, .. binaries.ServerOptions(), "template1"], cancel);
        return code == 0 ? null : new(Code.StepFailed, $"crash recovery before the rewind failed: {LastLine(error)}", "look at the disk, or use rejoin=reclone");
    }

    private async Task<Refusal?> PgRewindAsync(NodeOptions source, IEnumerable<string> more, CancellationToken cancel)
    {
        var program = binaries.Program("pg_rewind", data.Major);
        if (!program.IsOk)
            return program.Refusal;
        var said = new Queue<string>();
        var code = await ToolRun.WatchAsync(program.Value,
            ["--target-pgdata", data.Root, "--source-server", ConnectionString(source), "--progress", .. more], line => Note(line.Trim(), said), Silence, cancel);
        return code == 0 ? null : new(Code.StepFailed, $"pg_rewind failed: {string.Join(" | ", said)}", "nothing was changed; use rejoin=reclone if it cannot be helped");
    }

    private void Note(string line, Queue<string> said)
    {
        if (line.Contains("kB (", StringComparison.Ordinal))
            progress.Text = $"rewinds: {line}";
        else if (line.Length > 0)
            said.Enqueue(line);
        if (said.Count > 3)
            said.Dequeue();
    }

    private string ConnectionString(NodeOptions source)
    {
        var info = new ConnInfo().Set("host", source.PostgresHost).Set("port", $"{source.PostgresPort}").Set("user", options.Postgres.ReplicationUser)
            .Set("dbname", options.Postgres.Database).Set("application_name", options.Node).Set("connect_timeout", "10");
        return (options.Postgres.Passfile is { } passfile ? info.Set("passfile", passfile) : info).ToString();
    }

    private static string LastLine(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault() ?? "";
}
