using PgHa.Agent.Cluster;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Plans;

/// <summary>How a series of operations is meant.</summary>
/// <param name="InPlace">The primary is restarted where it is, also where a switchover would do.</param>
/// <param name="Force">Nodes that cannot be changed now are left out.</param>
public sealed record SeriesConduct(bool InPlace, bool Force);

/// <summary>
/// Which nodes get settings, and in which order: limits that are raised on standbys first, limits that are lowered on the primary first. It is asked anew before each operation, so that who
/// repeats a series that was interrupted does what is left of it. Pure.
/// </summary>
public static class SettingOrder
{
    /// <summary>What is left to do.</summary>
    /// <param name="changes">The changes.</param>
    /// <param name="view">All nodes.</param>
    /// <param name="reports">What they say of these settings.</param>
    /// <param name="conduct">How it is meant.</param>
    public static Answer<SettingsSeries> For(IReadOnlyList<SettingChange> changes, ClusterView view, IReadOnlyDictionary<string, Answer<SettingsReport>> reports, SeriesConduct conduct)
    {
        ArgumentNullException.ThrowIfNull(changes);
        ArgumentNullException.ThrowIfNull(view);
        ArgumentNullException.ThrowIfNull(reports);
        ArgumentNullException.ThrowIfNull(conduct);
        if (view.Primary is not { Serves: true } primary)
            return new Refusal(Code.WrongState, "settings are set on all nodes while one of them accepts writes", "pgha status says what is wrong");
        if (Refuse(changes, reports) is { } refusal)
            return refusal;
        if (!reports.TryGetValue(primary.Node, out var main) || !main.IsOk)
            return main.Refusal ?? StartPlan.Unknown(primary);
        var lowered = main.Value.Settings.Where(IsLoweredLimit).ToArray();
        if (lowered.Length > 0 && main.Value.Settings.FirstOrDefault(IsRaisedLimit) is { } raised)
            return new Refusal(Code.Invalid, $"{lowered[0].Name} is lowered, which begins on the primary, and {raised.Name} is raised, which begins on the standbys", "raise and lower in two commands");
        var (nodes, left) = Sort(view, reports, lowered.Length > 0);
        if (RefuseLeft(left, nodes, primary.Node, conduct) is { } missing)
            return missing;
        return Series(changes, primary, nodes, lowered.Length > 0, left, conduct);
    }

    private static bool IsRaisedLimit(SettingFacts facts) => SettingRules.IsLimit(facts.Name) && SettingRules.IsRaised(facts);

    private static bool IsLoweredLimit(SettingFacts facts) => SettingRules.IsLimit(facts.Name) && SettingRules.IsLowered(facts);

    /// <summary>Every node that answers is asked, so that nothing is changed anywhere where one of them does not accept it.</summary>
    private static Refusal? Refuse(IReadOnlyList<SettingChange> changes, IReadOnlyDictionary<string, Answer<SettingsReport>> reports)
    {
        SettingsReport[] known = [.. reports.Values.Where(r => r.IsOk).Select(r => r.Value!)];
        if (known.Select(r => SettingRules.Refuse(r, changes)).FirstOrDefault(r => r is not null) is { } refusal)
            return refusal;
        foreach (var name in changes.Select(c => c.Name).Where(SettingRules.IsLimit))
            if (known.FirstOrDefault(r => SettingRules.Limit(r.Of(name)) is null) is { } untold)
                return new(Code.WrongState, $"what {name} would be on {untold.Node} is not known", "give a value");
            else if (known.Select(r => SettingRules.Limit(r.Of(name))).Distinct().Count() > 1)
                return new(Code.WrongState, $"{name} would not be the same on all nodes: {string.Join(", ", known.Select(r => $"{r.Of(name).Then} on {r.Node}"))}",
                    "give a value, or make their configuration files alike");
        return null;
    }

    /// <summary>A node that takes part, and what it says.</summary>
    private sealed record Member(NodeObservation Seen, SettingsReport Report)
    {
        internal string Name => Seen.Node;

        internal bool Unset => Report.Settings.Any(SettingRules.IsUnset);

        internal bool Restarts => Report.Settings.Any(SettingRules.NeedsRestart);
    }

    /// <summary>Those that take part, and of each other why it does not.</summary>
    private static (Member[] Nodes, List<(string Node, Refusal Why)> Left) Sort(ClusterView view, IReadOnlyDictionary<string, Answer<SettingsReport>> reports, bool lowers)
    {
        var nodes = new List<Member>();
        var left = new List<(string, Refusal)>();
        foreach (var node in view.Nodes)
            if (node.DataProblem is { } problem)
                left.Add((node.Node, new(Code.WrongState, $"{node.Node} has no data directory whose settings could be changed: {problem}", $"POST data/clone on {node.Node} fills an empty one")));
            else if (!SettingRules.IsSettled(node))
                left.Add((node.Node, StartPlan.Unknown(node)));
            else if (!reports.TryGetValue(node.Node, out var report) || !report.IsOk)
                left.Add((node.Node, report.Refusal ?? StartPlan.Unknown(node)));
            else if (node.Down && (lowers || SettingRules.NotReplayed(report.Value) is not null))
                left.Add((node.Node, new(Code.WrongState, $"{node.Node} is stopped: it has to replay that its primary lowered a limit before it may have less", $"POST instance/current on {node.Node} starts it")));
            else
                nodes.Add(new(node, report.Value));
        return ([.. nodes], left);
    }

    /// <summary>While one server is down for its restart nothing else may be; and a node that is left out comes back with another value.</summary>
    private static Refusal? RefuseLeft(List<(string Node, Refusal Why)> left, Member[] nodes, string primary, SeriesConduct conduct)
    {
        if (conduct.Force)
            return null;
        if (left.Count > 0)
            return left[0].Why with { Hint = $"{left[0].Why.Hint}; force=true sets the others, and {left[0].Node} keeps its own value until this call is repeated" };
        return nodes.Any(n => n.Restarts) && nodes.FirstOrDefault(n => n.Name != primary && n.Seen.State != NodeState.Standby) is { } missing
            ? new(Code.WrongState, $"{missing.Name} is no streaming standby: another server would be restarted beside it", "pgha status says what to do about it; force=true goes on beside it") : null;
    }

    private static SettingsSeries Series(IReadOnlyList<SettingChange> changes, NodeObservation primary, Member[] nodes, bool lowers, List<(string Node, Refusal Why)> left, SeriesConduct conduct)
    {
        var (main, others) = (nodes.Single(n => n.Name == primary.Node), nodes.Where(n => n.Name != primary.Node).OrderByDescending(n => n.Seen.Down).ToArray());
        var standbys = others.SelectMany(n => Moves(n, inPlace: true));
        var own = Moves(main, lowers || conduct.InPlace || others.All(n => n.Seen.State != NodeState.Standby));
        SettingsMove[] moves = lowers ? [.. own, .. standbys] : [.. standbys, .. own];
        return new()
        {
            Settings = [.. nodes.SelectMany(n => changes.Select(c => ChangeSettingsPlan.Of(n.Name, n.Report.Of(c.Name))))],
            Moves = moves,
            Waits = moves.Length > 0 && others.FirstOrDefault(n => n.Name == moves[0].Node) is { } first ? SettingRules.NotReplayed(first.Report) : null,
            Overrides = [.. left.Select(l => $"{l.Node} is left out and keeps its own value: {l.Why.Message}")],
        };
    }

    /// <summary>What is left to do on one node.</summary>
    private static IEnumerable<SettingsMove> Moves(Member node, bool inPlace)
    {
        var what = node.Name;
        if (!node.Restarts)
        {
            if (node.Unset)
                yield return new("set", what, $"set on {what}{(node.Seen.Down ? ", in its file: it is stopped" : ", by a reload")}", "reload");
            yield break;
        }
        if (inPlace)
        {
            yield return new("set", what, $"{(node.Unset ? $"set on {what}, and restart it" : $"restart {what}")}{(node.Seen.Serves ? " in place: writes are interrupted for as long as that takes" : "")}", "restart");
            yield break;
        }
        if (node.Unset)
            yield return new("set", what, $"set on {what}: in force after its restart", "reload");
        yield return new("switchover", what, $"switch over from {what}, which restarts it");
    }
}
