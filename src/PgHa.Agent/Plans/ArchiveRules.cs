using System.Text;
using PgHa.Agent.Cluster;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;

namespace PgHa.Agent.Plans;

/// <summary>
/// What a standby does before it obeys a promotion (fact 17): it replays what was held back, and with <c>restore_command</c> asks the
/// archive, for WAL and for newer timelines, which it follows where they branch off ahead of it. Pure.
/// </summary>
public static class ArchiveRules
{
    /// <summary>How long an archive may take to say that it does not have a file before a switchover by promotion: writes wait for it several times.</summary>
    public static readonly TimeSpan AnswersWithin = TimeSpan.FromSeconds(2);

    /// <summary>What will be waited for when this node is promoted; empty where it can obey at once.</summary>
    public static IReadOnlyList<Evidence> Named(NodeObservation target)
    {
        ArgumentNullException.ThrowIfNull(target);
        var (name, replay) = (target.Node, target.Sql?.Held ?? ReplayFacts.Free);
        Evidence?[] held =
        [
            replay.Paused ? new ReplayIsPaused(name) : null,
            replay.Delay is { } delay ? new ReplayIsDelayed(name, delay) : null,
            replay.AsksArchive ? new AsksArchive(name) : null,
            replay.EndsWithCommand ? new EndsWithCommand(name) : null,
        ];
        return [.. held.OfType<Evidence>()];
    }

    /// <summary>The command as the server would run it: %f the file, %p where it is to go, %r the oldest file still needed, %% a percent sign.</summary>
    public static string Fill(string command, string file, string path, string oldest)
    {
        ArgumentNullException.ThrowIfNull(command);
        var filled = new StringBuilder();
        for (var i = 0; i < command.Length; i++)
        {
            var value = command[i] != '%' || i + 1 == command.Length ? null : command[i + 1] switch { 'f' => file, 'p' => path, 'r' => oldest, '%' => "%", _ => null };
            filled.Append(value ?? command[i].ToString());
            if (value is not null)
                i++;
        }
        return filled.ToString();
    }

    /// <summary>
    /// Why a promotion would not end where the primary's WAL does, or null: the newest timeline of the archive branches off ahead of it, so
    /// that the standby would follow that one instead; or its history cannot be read, which ends the server (access/timeline.c).
    /// </summary>
    /// <param name="node">The standby.</param>
    /// <param name="newest">The newest timeline that its archive holds beyond its own.</param>
    /// <param name="own">Its own timeline.</param>
    /// <param name="flushed">What it surely will have replayed by then.</param>
    public static Refusal? RefuseFollowing(string node, ArchivedHistory newest, TimelineId own, Lsn flushed)
    {
        ArgumentNullException.ThrowIfNull(newest);
        var history = TimelineHistory.Parse(new(newest.Timeline), newest.Text);
        if (!history.IsOk)
            return Unreadable(node, newest, history.Error);
        return history.Value.Entries.FirstOrDefault(span => span.Timeline == own) is not { End: { } end } || end < flushed ? null : new(Code.WalNotProven,
            $"the archive that restore_command of {node} asks holds timeline {newest.Timeline}, which leaves timeline {own} at {end}, ahead of all that was written: "
            + $"{node} would follow it when it is promoted", WayOut(node));
    }

    /// <summary>
    /// Why a start in recovery would not lead to the primary, or null: with recovery_target_timeline = latest it goes for the newest timeline
    /// of the archive, whoever wrote it (access/transam/xlogrecovery.c).
    /// </summary>
    /// <param name="next">The start.</param>
    /// <param name="upstream">The primary that it is to follow.</param>
    /// <param name="wal">The nodes' WAL: where the primary went through that timeline, or a node whose WAL does not part from the primary's, it is the right one.</param>
    public static Refusal? RefuseStart(NextStart next, string upstream, WalView wal)
    {
        ArgumentNullException.ThrowIfNull(next);
        ArgumentNullException.ThrowIfNull(wal);
        if (next.ArchiveEndedWith is { } code)
            return CannotRun(next.Node, code);
        if (next.Archived is not { } newest || wal.PositionOf(upstream) is null)
            return null;
        var history = TimelineHistory.Parse(new(newest.Timeline), newest.Text);
        if (!history.IsOk)
            return Unreadable(next.Node, newest, history.Error);
        var through = wal.Positions.Keys.Select(wal.PositionOf).OfType<WalPosition>().Where(p => GhostRules.InLineage(history.Value, p)).Select(p => p.Node).ToArray();
        return through.Any(n => n == upstream || (wal.Focus == upstream && wal.Of(n).Kinship is not (WalKinship.Forked or WalKinship.NotProvable))) ? null : LeadsAway(next.Node, newest, upstream, through);
    }

    /// <summary>Why a copy of another node would not follow it, or null: at its start it goes for the newest timeline of the archive, which the other one never went through.</summary>
    /// <param name="node">The node whose data is to be replaced.</param>
    /// <param name="source">The node that it is to follow.</param>
    /// <param name="newest">The newest timeline that the archive of the node holds beyond the source's.</param>
    public static Refusal? RefuseCopy(string node, string source, ArchivedHistory? newest) => newest is null ? null : LeadsAway(node, newest, source, []);

    private static Refusal LeadsAway(string node, ArchivedHistory newest, string upstream, IReadOnlyList<string> through) => new(Code.WalNotProven,
        $"the archive that restore_command of {node} asks holds timeline {newest.Timeline}, which {(through.Count == 0 ? "" : $"{string.Join(" and ", through)} went through, and ")}{upstream} did not go through: "
        + $"{node} would go for it at its start, and not follow {upstream}", WayOut(node));

    /// <summary>With such a code PostgreSQL ends recovery, and with it the server.</summary>
    internal static Refusal CannotRun(string node, int code) => new(Code.WrongState,
        $"restore_command of {node} {(code < 0 ? "was ended by a signal" : $"ended with code {code}: the shell cannot run it, or it was ended by a signal")}: the server of {node} would end itself in recovery",
        $"correct restore_command on {node} (a command that does not find a file has to end with a code from 1 to 125), or reset it; then repeat the call");

    private static Refusal Unreadable(string node, ArchivedHistory newest, FormatError why) => new(Code.WalNotProven,
        $"the archive that restore_command of {node} asks holds a history of timeline {newest.Timeline} that cannot be read ({why}): the server of {node} would end itself when it reads it", WayOut(node));

    private static string WayOut(string node) =>
        $"look whose history it is (of another cluster that archives to the same place, or of a promotion that was broken off?), and take it out of the archive, or reset restore_command on {node}. "
        + $"If {node} runs in recovery, its server may have read it already: DELETE instance/current on {node}, then POST instance/current on {node}. "
        + "Then repeat the call. A switchover or failover by restart does not ask the archive of its target";

    /// <summary>The archive did not answer in time.</summary>
    internal static string SlowWords(string node) => $"restore_command of {node} takes longer than {AnswersWithin.TotalSeconds} s to say that the archive does not have a file";

    /// <summary>A promotion waits for an archive like that, while nobody can write.</summary>
    public static Refusal Slow(string node) => new(Code.WrongState,
        $"{SlowWords(node)}: {node} asks it several times before it is promoted, while nobody can write",
        $"look at the archive; or reset restore_command on {node} for the time; or switch over by restart, which does not ask the archive");
}
