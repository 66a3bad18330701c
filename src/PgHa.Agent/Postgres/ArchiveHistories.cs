using PgHa.Agent.Configuration;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Formats;

namespace PgHa.Agent.Postgres;

/// <summary>
/// Asks an archive for newer timelines, as a server in recovery does (access/timeline.c): by restore_command, one timeline after the other
/// until it has none. What it brings is looked at and thrown away.
/// </summary>
internal sealed class ArchiveHistories(AgentOptions options, DataDirectory data, TimeProvider time) : IDisposable
{
    /// <summary>More timelines than anybody left behind in one archive; a command that says yes to everything ends there.</summary>
    private const uint MostTimelines = 20;

    /// <summary>In characters. A history has a short line for each timeline; of what is longer the beginning is enough to see that it is none.</summary>
    private const int LongestHistory = 1 << 20;

    /// <summary>The highest exit code that PostgreSQL takes for "the archive does not have the file".</summary>
    private const int WorstNo = 125;

    private readonly SemaphoreSlim _oneAtATime = new(1);

    private string Target => Path.Combine(options.StateDir, "archive-trial");

    public void Dispose() => _oneAtATime.Dispose();

    /// <summary>The newest timeline beyond the given one that the archive has.</summary>
    /// <param name="command">restore_command.</param>
    /// <param name="timeline">The timeline that the server is on.</param>
    /// <param name="cancel">Ends it.</param>
    internal async Task<ArchiveAnswer> NewestAsync(string command, TimelineId timeline, CancellationToken cancel)
    {
        await _oneAtATime.WaitAsync(cancel);
        try
        {
            ArchivedHistory? newest = null;
            for (var next = timeline.Value + 1; next <= timeline.Value + MostTimelines; next++)
            {
                var (text, trouble) = await AskAsync(command, new TimelineId(next), cancel);
                if (trouble is not null)
                    return trouble;
                if (text is null)
                    break;
                newest = new(next, text);
            }
            return new(newest);
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    /// <summary>
    /// The history of a timeline; no text where the archive has none. A command that is ended by a signal, or that the shell cannot run, ends
    /// recovery (access/transam/xlogarchive.c): that is no "none".
    /// </summary>
    private async Task<(string? Text, ArchiveAnswer? Trouble)> AskAsync(string command, TimelineId timeline, CancellationToken cancel)
    {
        using var patience = new CancellationTokenSource(ArchiveRules.AnswersWithin, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancel);
        try
        {
            File.Delete(Target);
            var filled = ArchiveRules.Fill(command, WalFileName.HistoryOf(timeline).ToString(), Target, Oldest());
            var code = await ToolRun.WatchAsync("/bin/sh", ["-c", "cd \"$0\" && eval \"$1\"", data.Root, filled], _ => { }, Timeout.InfiniteTimeSpan, both.Token);
            return code is null or > WorstNo ? (null, new(null, EndedWith: code ?? -1)) : (code == 0 && File.Exists(Target) ? await ReadAsync(cancel) : null, null);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return (null, new(null, Slow: true));
        }
        finally
        {
            File.Delete(Target);
        }
    }

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

/// <summary>What an archive answered.</summary>
/// <param name="Newest">The newest timeline that it has; null where it has none.</param>
/// <param name="Slow">It did not answer in time.</param>
/// <param name="EndedWith">The exit code of a command that failed in a way that ends recovery.</param>
internal sealed record ArchiveAnswer(ArchivedHistory? Newest, bool Slow = false, int? EndedWith = null);
