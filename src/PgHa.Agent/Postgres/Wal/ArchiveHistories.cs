using PgHa.Agent.Configuration;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Formats;

namespace PgHa.Agent.Postgres;

/// <summary>
/// Asks an archive for newer timelines, as a server in recovery does (access/timeline.c): by restore_command, one timeline after the other
/// until it has none. What it brings is looked at and thrown away.
/// </summary>
internal sealed class ArchiveHistories(AgentOptions options, ArchiveCommand archive) : IDisposable
{
    /// <summary>More timelines than an archive has. A command that succeeds for every file is stopped there.</summary>
    private const uint MostTimelines = 20;

    /// <summary>In characters. A history has a short line for each timeline. The beginning of a longer file shows that it is none.</summary>
    private const int LongestHistory = 1 << 20;

    private readonly SemaphoreSlim _oneAtATime = new(1);

    private string Target => options.State.ArchiveTrial;

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

    /// <summary>The history of a timeline; no text if the archive has none.</summary>
    private async Task<(string? Text, ArchiveAnswer? Trouble)> AskAsync(string command, TimelineId timeline, CancellationToken cancel)
    {
        try
        {
            var reply = await archive.AskAsync(command, WalFileName.HistoryOf(timeline).ToString(), Target, ArchiveRules.AnswersWithin, cancel);
            return reply.Slow || reply.EndedWith is not null ? (null, new(null, reply.Slow, reply.EndedWith)) : (reply.Found ? await ReadAsync(cancel) : null, null);
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
}

/// <summary>What an archive answered.</summary>
/// <param name="Newest">The newest timeline that it has; null if it has none.</param>
/// <param name="Slow">It did not answer in time.</param>
/// <param name="EndedWith">The exit code of a command that failed in a way that ends recovery.</param>
internal sealed record ArchiveAnswer(ArchivedHistory? Newest, bool Slow = false, int? EndedWith = null);
