using System.Globalization;
using Npgsql;
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

    /// <summary>In characters.</summary>
    private const int LongestHistory = 1 << 20;

    private string Target => Path.Combine(options.StateDir, "archive-trial");

    /// <summary>
    /// For a failover by promotion, from what the standby itself has received. An archive that is slow, or away like the primary, is only
    /// named: nobody can write meanwhile in any case.
    /// </summary>
    internal async Task<Answer<string>> BeforeFailoverAsync(CancellationToken cancel)
    {
        if (PostmasterPid.ReadReady(data.Root) is not { } server)
            return new Refusal(Code.WrongState, $"{options.Node} does not run", "start it first");
        await using var connection = await sql.OpenAsync(server, cancel);
        var control = data.ReadControl();
        var received = await LocalSql.ScalarAsync(connection, "SELECT coalesce(greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()), '0/0')::text", cancel);
        if (!control.IsOk || !Lsn.TryParse(received, out var end))
            return new Refusal(Code.WrongState, $"it cannot be told how far {options.Node} has come", "look at its server log");
        var tried = await AskAsync(connection, ControlFacts.From(control.Value).Timeline, end, cancel);
        return tried.IsOk || tried.Refusal.Code == Code.WalNotProven ? tried : $"; {tried.Refusal.Message}";
    }

    /// <summary>What is to be said of the archive (nothing where there is none), or why the standby must not be promoted with it.</summary>
    /// <param name="timeline">The timeline of the primary.</param>
    /// <param name="flushed">What it had flushed, and the standby has received.</param>
    /// <param name="cancel">Ends it.</param>
    internal async Task<Answer<string>> RunAsync(TimelineId timeline, Lsn flushed, CancellationToken cancel)
    {
        if (PostmasterPid.ReadReady(data.Root) is not { } server)
            return new Refusal(Code.WrongState, $"{options.Node} does not run", "start it first");
        await using var connection = await sql.OpenAsync(server, cancel);
        return await AskAsync(connection, timeline, flushed, cancel);
    }

    private async Task<Answer<string>> AskAsync(NpgsqlConnection connection, TimelineId timeline, Lsn flushed, CancellationToken cancel)
    {
        if (await LocalSql.ScalarAsync(connection, "SELECT current_setting('restore_command')", cancel) is not { Length: > 0 } command)
            return "";
        var begun = time.GetTimestamp();
        Parsed<TimelineHistory>? newest = null;
        for (var next = timeline.Value + 1; next <= timeline.Value + MostTimelines; next++)
        {
            var asked = await AskAsync(command, new TimelineId(next), cancel);
            if (!asked.IsOk)
                return asked.Refusal;
            if (asked.Value is not { } text)
                break;
            newest = TimelineHistory.Parse(new TimelineId(next), text);
        }
        if (newest is { } found && ArchiveRules.RefuseFollowing(options.Node, found, timeline, flushed) is { } refusal)
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
            return code == 0 && File.Exists(Target) ? await ReadAsync(cancel) : (string?)null;
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

    /// <summary>A history has a short line for each timeline; of what is longer the beginning is enough to see that it is none.</summary>
    private async Task<string> ReadAsync(CancellationToken cancel)
    {
        var text = new char[LongestHistory];
        using var reader = new StreamReader(Target);
        return new string(text, 0, await reader.ReadBlockAsync(text, cancel));
    }

    private string Oldest()
    {
        var control = data.ReadControl();
        return control.IsOk && ControlFacts.From(control.Value) is var facts ? WalSegment.At(facts.Timeline, facts.Redo, facts.WalSegmentSize).FileName : "";
    }
}
