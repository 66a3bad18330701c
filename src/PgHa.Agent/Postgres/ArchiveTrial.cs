using System.Globalization;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;

namespace PgHa.Agent.Postgres;

/// <summary>
/// Asks the archive of the running standby what its server will ask first when it is promoted, before anything is stopped: for newer
/// timelines. By its own restore_command, run as the server runs it; what it brings is looked at and thrown away.
/// </summary>
internal sealed class ArchiveTrial(AgentOptions options, DataDirectory data, LocalSql sql, TimeProvider time)
{
    /// <summary>More timelines than anybody left behind in one archive; a command that says yes to everything ends there.</summary>
    private const uint MostTimelines = 20;

    private string Target => Path.Combine(options.StateDir, "archive-trial");

    /// <summary>What is to be said of the archive (nothing where there is none), or why the standby must not be promoted with it.</summary>
    /// <param name="timeline">The timeline of the primary.</param>
    /// <param name="flushed">What it had flushed, and the standby has received.</param>
    /// <param name="cancel">Ends it.</param>
    internal async Task<Answer<string>> RunAsync(TimelineId timeline, Lsn flushed, CancellationToken cancel)
    {
        if (PostmasterPid.ReadReady(data.Root) is not { } server)
            return new Refusal(Code.WrongState, $"{options.Node} does not run", "start it first");
        await using var connection = await sql.OpenAsync(server, cancel);
        if (await LocalSql.ScalarAsync(connection, "SELECT current_setting('restore_command')", cancel) is not { Length: > 0 } command)
            return "";
        var begun = time.GetTimestamp();
        TimelineHistory? newest = null;
        for (var next = timeline.Value + 1; next <= timeline.Value + MostTimelines; next++)
        {
            var asked = await AskAsync(command, new TimelineId(next), cancel);
            if (!asked.IsOk)
                return asked.Refusal;
            if (asked.Value is not { } text)
                break;
            if (TimelineHistory.Parse(new TimelineId(next), text) is { IsOk: true, Value: var history })
                newest = history;
        }
        if (newest is not null && ArchiveRules.RefuseFollowing(options.Node, newest, timeline, flushed) is { } refusal)
            return refusal;
        return string.Create(CultureInfo.InvariantCulture, $"; its archive says in {time.GetElapsedTime(begun).TotalMilliseconds:F0} ms that nothing there leads away from timeline {timeline}");
    }

    /// <summary>The history of a timeline; null where the archive has none.</summary>
    private async Task<Answer<string?>> AskAsync(string command, TimelineId timeline, CancellationToken cancel)
    {
        using var patience = new CancellationTokenSource(ArchiveRules.AnswersWithin, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancel);
        try
        {
            File.Delete(Target);
            var filled = ArchiveRules.Fill(command, WalFileName.HistoryOf(timeline).ToString(), Target, Oldest());
            var code = await ToolRun.WatchAsync("/bin/sh", ["-c", "cd \"$0\" && eval \"$1\"", data.Root, filled], _ => { }, Timeout.InfiniteTimeSpan, both.Token);
            return code == 0 && File.Exists(Target) ? await File.ReadAllTextAsync(Target, cancel) : (string?)null;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return ArchiveRules.Slow(options.Node);
        }
        finally
        {
            File.Delete(Target);
        }
    }

    private string Oldest()
    {
        var control = data.ReadControl();
        return control.IsOk && ControlFacts.From(control.Value) is var facts ? WalSegment.At(facts.Timeline, facts.Redo, facts.WalSegmentSize).FileName : "";
    }
}
