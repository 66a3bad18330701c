using PgHa.Agent.Cluster;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Plans;

/// <summary>Settings of one node: set by ALTER SYSTEM, or in the file of a stopped server, and brought into force by a reload or a restart. What fails half way is set back.</summary>
public static class ChangeSettingsPlan
{
    /// <summary>The plan. Until the node was asked what it has, only what it would start is known.</summary>
    public static Answer<Draft> For(ChangeSettings request, Mandate mandate, PlanFacts facts)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(mandate);
        ArgumentNullException.ThrowIfNull(facts);
        var node = facts.View[request.Called];
        if (SettingRules.RefuseManaged(request.Changes, node.Node, node.ManagesSync) is { } managed)
            return managed;
        if (!SettingRules.IsSettled(node))
            return StartPlan.Unknown(node);
        if (mandate.IsUndo)
            return SetAndStart(request, request.Changes, node, mandate, facts);
        if (!facts.Settings.TryGetValue(node.Node, out var asked))
            return request.Restarts ? RestartNodePlan.For(new(node.Node), mandate, facts) : new Draft(request.Words);
        return asked.IsOk ? Known(request, node, asked.Value, mandate, facts) : asked.Refusal;
    }

    private static Answer<Draft> Known(ChangeSettings request, NodeObservation node, SettingsReport report, Mandate mandate, PlanFacts facts)
    {
        if ((SettingRules.Refuse(report, request.Changes) ?? SettingRules.RefuseOrder(node.Node, facts.View, facts.Settings, mandate.Force)) is { } refusal)
            return refusal;
        var left = request.Changes.Where(c => SettingRules.IsUnset(report.Of(c.Name))).ToArray();
        if (request.Restarts && mandate.Resumed && node.Down)
            return SetAndStart(request, left, node, mandate, facts);
        var restarts = request.Restarts && report.Settings.Any(SettingRules.NeedsRestart);
        var restart = restarts ? RestartNodePlan.For(new(node.Node), mandate, facts) : new Draft(request.Words);
        if (!restart.IsOk)
            return restart.Refusal;
        var checks = restart.Value.Stages.TakeWhile(stage => stage.All(step => step.Checks)).ToArray();
        return restart.Value with
        {
            Goal = request.Words,
            Stages = [.. checks, .. Set(node.Node, left), .. restart.Value.Stages.Skip(checks.Length)],
            Evidence = [.. report.Settings.Select(s => new SettingIs(Of(node.Node, s))), .. restart.Value.Evidence],
            Undo = Back(request, left, report).Under(new() { Answered = restart.Value.Answered.Names() }),
        };
    }

    /// <summary>A setting of a node in a series, or as evidence.</summary>
    internal static NodeSetting Of(string node, SettingFacts facts) => new(node, facts.Name, facts.Running ?? facts.Next, facts.Then, SettingRules.NeedsRestart(facts)) { Unit = facts.Unit };

    private static IReadOnlyList<IReadOnlyList<Step>> Set(string node, IReadOnlyList<SettingChange> changes) =>
        changes.Count == 0 ? [] : [[new SetSettings(node, SettingChange.Text(changes))]];

    /// <summary>What postgresql.auto.conf said before. A server that does not start with the new values starts with these.</summary>
    private static ChangeSettings Back(ChangeSettings request, SettingChange[] left, SettingsReport report) => request with
    {
        Settings = SettingChange.Text((left.Length == 0 ? request.Changes : left).Select(c => new SettingChange(c.Name, report.Of(c.Name).Before))),
    };

    /// <summary>Whoever restarted it is gone, or its start has failed: it is started as what it was.</summary>
    private static Answer<Draft> SetAndStart(ChangeSettings request, IReadOnlyList<SettingChange> changes, NodeObservation node, Mandate mandate, PlanFacts facts)
    {
        var start = request.Restarts && node.Down ? RestartNodePlan.GoOn(new(node.Node), node, mandate, facts) : new Draft(request.Words);
        return start.IsOk ? start.Value with { Goal = request.Words, Stages = [.. Set(node.Node, changes), .. start.Value.Stages] } : start;
    }
}
