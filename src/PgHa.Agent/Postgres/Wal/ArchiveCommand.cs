using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Formats;

namespace PgHa.Agent.Postgres;

/// <summary>Asks an archive for a file, as a server in recovery does (access/transam/xlogarchive.c): by restore_command, in the data directory.</summary>
internal sealed class ArchiveCommand(DataDirectory data, TimeProvider time)
{
    /// <summary>The highest exit code that PostgreSQL takes for "the archive does not have the file".</summary>
    private const int WorstNo = 125;

    /// <summary>What it answers. The file is the caller's then.</summary>
    /// <param name="command">restore_command.</param>
    /// <param name="file">The file.</param>
    /// <param name="target">Where it is to go; what is there goes.</param>
    /// <param name="within">How long it may take.</param>
    /// <param name="cancel">Ends it.</param>
    internal async Task<ArchiveReply> AskAsync(string command, string file, string target, TimeSpan within, CancellationToken cancel)
    {
        using var patience = new CancellationTokenSource(within, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancel);
        try
        {
            File.Delete(target);
            var filled = ArchiveRules.Fill(command, file, target, Oldest());
            var code = await ToolRun.WatchAsync("/bin/sh", ["-c", "cd \"$0\" && eval \"$1\"", data.Root, filled], _ => { }, Timeout.InfiniteTimeSpan, both.Token);
            return code is null or > WorstNo ? new(false, EndedWith: code ?? -1) : new(code == 0 && File.Exists(target));
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return new(false, Slow: true);
        }
    }

    private string Oldest()
    {
        var control = data.ReadControl();
        return control.IsOk && ControlFacts.From(control.Value) is var facts ? WalSegment.At(facts.Timeline, facts.Redo, facts.WalSegmentSize).FileName : "";
    }
}

/// <summary>What an archive answered when it was asked for a file.</summary>
/// <param name="Found">The file is there now.</param>
/// <param name="Slow">It did not answer in time.</param>
/// <param name="EndedWith">The exit code of a command that was ended by a signal, or that the shell cannot run: it ends recovery, and is no "no".</param>
internal readonly record struct ArchiveReply(bool Found, bool Slow = false, int? EndedWith = null);
