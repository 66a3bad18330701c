using System.Globalization;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Terminal;

namespace PgHa.Status;

/// <summary>The cluster at one look: a headline, the nodes, what runs now, and what needs a person.</summary>
internal static class StatusView
{
    private const int Label = 12;

    internal static IEnumerable<string> Lines(ClusterStatus status, Refusal? insteadOf, DateTimeOffset now, Screen screen)
    {
        var attention = AttentionRules.Judge(status);
        return
        [
            .. Folded.Lines("", Headline(status, attention), screen).Select(line => screen.Paint(line, attention.Any(a => a.IsGrave) ? Colour.Red : attention.Count > 0 ? Colour.Yellow : Colour.Green)),
            .. Folded.Lines("", About(status), screen),
            .. insteadOf is null ? [] : Folded.Lines("", $"asked the agent of {status.Asked}, because {insteadOf.Message}", screen),
            "",
            .. NodeTable.Of(status).Lines(screen),
            .. Section(Promotable(status).Concat(Slots(status)).Concat(Now(status, now)), screen),
            .. attention.Count == 0 ? [] : Needs(attention, screen),
        ];
    }

    private static string Headline(ClusterStatus status, IReadOnlyList<Attention> attention)
    {
        var serving = status.Nodes.Where(n => n.Seen.Serves).Select(n => n.Seen.Node).ToArray();
        var streaming = status.Nodes.Count(n => n.Seen.State == NodeState.Standby);
        var who = serving.Length switch { 0 => "NO PRIMARY", 1 => $"{serving[0]} is primary", _ => $"{serving.Length} PRIMARIES: {string.Join(", ", serving)}" };
        var needs = attention.Count switch { 0 => "nothing needs a person", 1 => "1 thing needs a person", var n => $"{n} things need a person" };
        return $"{who}, {streaming} of {status.Nodes.Count - serving.Length} standbys {(streaming == 1 ? "streams" : "stream")}, {needs}";
    }

    private static string About(ClusterStatus status)
    {
        var systems = status.Nodes.Select(n => n.Seen.Control?.SystemIdentifier).OfType<string>().Distinct().ToArray();
        return $"cluster {status.Cluster}, system {(systems.Length == 0 ? "unknown" : string.Join(" and ", systems))}, {Mode(status)}";
    }

    private static string Mode(ClusterStatus status) => status.Explain switch
    {
        null when status.ExplainProblem is null => "no automatic failover",
        null => "automatic failover",
        { Manual: true } => "automatic failover handed to manual mode",
        { Holder: null } => "automatic failover, no node holds the record",
        { Holder: { } holder, Epoch: var epoch, RunsOutIn: 0 } => string.Create(CultureInfo.InvariantCulture, $"automatic failover, the record of {holder} has run out, epoch {epoch}"),
        { Holder: { } holder, Epoch: var epoch } => string.Create(CultureInfo.InvariantCulture, $"automatic failover, {holder} holds the record, epoch {epoch}"),
    };

    private static IEnumerable<(string, string)> Promotable(ClusterStatus status)
    {
        var standbys = status.Nodes.Where(n => !n.Seen.Serves).ToArray();
        string[] able = [.. standbys.Where(n => Why(n.Seen) is null).Select(n => n.Seen.Node)];
        if (standbys.Length > 0)
            yield return ("promotable", able.Length == 0 ? "none" : string.Join(", ", able));
        foreach (var not in standbys.Where(n => Why(n.Seen) is not null))
            yield return ("", $"not {not.Seen.Node}: {Why(not.Seen)}");
    }

    /// <summary>Why it would not be promoted, as far as it can be seen; null: it would.</summary>
    private static string? Why(NodeObservation seen) =>
        !seen.Reachable ? "its agent does not answer"
        : seen.State == NodeState.Unknown ? seen.Problem ?? "its server does not answer"
        : seen.DataProblem ?? (seen.LacksSignal ? "standby.signal is not there" : !seen.InRecovery ? $"it is {seen.State.Words()}" : seen.ReplayProblem ?? seen.Failover?.NotEligible);

    private static IEnumerable<(string, string)> Slots(ClusterStatus status)
    {
        var label = "slots";
        foreach (var node in status.Nodes.Where(n => n.Slots?.Any(s => n.Seen.Serves || !s.IsOurs) == true))
        {
            var ours = node.Seen.Serves ? node.Slots!.Count(s => s.IsOurs) : 0; // those on a standby wait for the day on which it is primary
            var others = node.Slots!.Where(s => !s.IsOurs).Select(Words);
            yield return (label, $"{node.Seen.Node}: {string.Join(", ", (ours == 0 ? [] : (string[])[$"{ours} for nodes"]).Concat(others))}");
            label = "";
        }
    }

    private static string Words(SlotStanding slot) =>
        $"{slot.Name} ({(slot.Logical ? "logical, " : "")}{(slot.Lost ? "lost" : slot.Active ? "in use" : "not in use")}{(slot.HoldsBytes is > 0 and var held ? $", {Sizes.Bytes(held)}" : "")})";

    private static IEnumerable<(string, string)> Now(ClusterStatus status, DateTimeOffset now)
    {
        foreach (var o in status.Nodes.SelectMany(n => n.Operations).Where(o => o.State is OperationState.Running or OperationState.Waiting))
            yield return ("running", Words(o, now));
        foreach (var node in status.Nodes.Where(n => n.Seen.Progress is not null))
            yield return ("progress", $"{node.Seen.Node}: {node.Seen.Progress}");
        if (status.Explain is not { } explain)
            yield break;
        if (explain.Paused)
            yield return ("paused", "automatic failover, in the whole cluster: pgha resume");
        foreach (var paused in explain.PausedNodes)
            yield return ("paused", $"automatic failover, for {paused}: pgha resume {paused}");
        if (explain.Scheduled is { } scheduled)
            yield return ("scheduled", Commands.ScheduleCommand.Line(scheduled));
        if (explain.Sync is { } sync)
            yield return ("sync", sync);
    }

    private static string Words(OperationBrief o, DateTimeOffset now) =>
        $"{o.Goal}{(o.Reason is { } why ? $" ({why})" : "")}, begun {Sizes.Time(Math.Max(0, (now - o.Started).TotalSeconds))} ago, {o.Done} of {o.Steps} steps done"
        + $"{(o.Step is { } step ? $", now: {step}" : "")}: pgha operations {o.Id} --follow";

    private static IEnumerable<string> Section(IEnumerable<(string Label, string Text)> rows, Screen screen)
    {
        var lines = rows.SelectMany(row => Folded.Lines(row.Label.PadRight(Label), row.Text, screen)).ToArray();
        return lines.Length == 0 ? [] : ["", .. lines];
    }

    private static IEnumerable<string> Needs(IReadOnlyList<Attention> attention, Screen screen)
    {
        yield return "";
        yield return screen.Paint("needs a person", Colour.Bold);
        foreach (var each in attention)
        {
            foreach (var line in Folded.Lines("  ", CommandWords.In(each.What), screen))
                yield return screen.Paint(line, each.IsGrave ? Colour.Red : Colour.Yellow);
            foreach (var line in Folded.Lines("    -> ", CommandWords.In(each.Do), screen))
                yield return line;
        }
    }
}
