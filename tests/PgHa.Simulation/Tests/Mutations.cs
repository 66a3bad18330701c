namespace PgHa.Simulation;

/// <summary>A deliberate fault in a rule, and the schedules that find it.</summary>
/// <param name="name">What is wrong then.</param>
/// <param name="edits">What makes it so: a file below <c>src</c>, what stands there (exactly once), and what stands there instead. FAULT in it is true where the fault is in force.</param>
internal sealed partial class Mutation(string name, params (string File, string Right, string Wrong)[] edits)
{
    internal string Name => name;

    internal IReadOnlyList<(string File, string Right, string Wrong)> Edits => edits;

    /// <summary>The first of the seeds that are played.</summary>
    internal int First { get; init; } = 1;

    /// <summary>How many schedules are played at most, from the first on.</summary>
    internal int Count { get; init; } = 120;

    /// <summary>It is found where the agents decide.</summary>
    internal bool IsUnattended { get; init; }

    /// <summary>What the environment says where this fault is in force.</summary>
    internal string Number => $"{All.Index().First(m => m.Item == this).Index + 1}";

    /// <summary>
    /// Each has to be found by its schedules: a simulator that finds none of them proves nothing. Where two rules guard against the same, a fault in
    /// one of them shows nothing: both are taken away. If what is drawn changes, other seeds find them: <c>./test --mutations</c> says which do not.
    /// </summary>
    internal static IReadOnlyList<Mutation> All { get; } = [.. Attended, .. Unattended];

    private static IReadOnlyList<Mutation> Attended =>
    [
        new("the second proof is skipped, and nobody sees that a lock is not held",
            ("PgHa.Agent/Plans/CommonRules.cs", "return view.Nodes.FirstOrDefault(n => n.Reachable &&", "return view.Nodes.FirstOrDefault(n => n.Reachable && !FAULT &&"),
            ("PgHa.Agent/Plans/StepRules.cs", "if (verdict.Refusal is { } refusal)", "if (verdict.Refusal is { } refusal && !FAULT)")) { First = 1300 },
        new("locks are not looked at before a node acts",
            ("PgHa.Agent/Plans/CommonRules.cs", "n.LockedBy != operation)", "n.LockedBy != operation && !FAULT)")) { First = 1800 },
        new("a step runs without the lock of its operation",
            ("PgHa.Agent/Cluster/NodeLock.cs", "_stepRuns = _holder?.Operation == operation && !_released;", "_stepRuns = FAULT || (_holder?.Operation == operation && !_released);")) { First = 460 },
        new("there are no locks",
            ("PgHa.Agent/Cluster/NodeLock.cs", "if (_holder is not null && (", "if (_holder is not null && !FAULT && ("),
            ("PgHa.Agent/Cluster/NodeLock.cs", "return _stepRuns = ", "return _stepRuns = FAULT || "),
            ("PgHa.Agent/Plans/CommonRules.cs", "n => n.Reachable && ", "n => n.Reachable && !FAULT && ")),
        new("the lock of an operation that has ended with its agent stays",
            ("PgHa.Agent/Operations/ClusterLock.cs", "is not { } owner)", "is not { } owner || FAULT)")),
        new("an order that comes twice is carried out twice",
            ("PgHa.Agent/Steps/StepDesk.cs", "if (_carriedOut.Find(order) is { } known)", "if (_carriedOut.Find(order) is { } known && !FAULT)")) { First = 1560 },
        new("a view of a moment ago counts as fresh",
            ("PgHa.Agent/Cluster/ClusterObserver.cs", "private readonly CommonWal _common = new();", "private readonly CommonWal _common = new();\n    private (long At, ClusterView View)? _old;"),
            ("PgHa.Agent/Cluster/ClusterObserver.cs", "        var view = new ClusterView(", "        if (FAULT && _old is var (at, old) && time.GetElapsedTime(at) < TimeSpan.FromSeconds(1))\n            return old;\n        var view = new ClusterView("),
            ("PgHa.Agent/Cluster/ClusterObserver.cs", "seen?.Invoke(view);", "seen?.Invoke(view);\n        _old = (time.GetTimestamp(), view);")),
        new("the mark of a promotion under way is forgotten",
            ("PgHa.Client/Facts/NodeObservation.cs", "public bool Promoting { get; init; }", "public bool Promoting { get => field && !FAULT; init; }")) { First = 340 },
        new("what was told to become primary is undone",
            ("PgHa.Agent/Plans/HaltRules.cs", "if (halt.Reach == Reach.MayBeWritable)", "if (halt.Reach == Reach.MayBeWritable && !FAULT)"),
            ("PgHa.Agent/Plans/CommonRules.cs", "=> !node.Promoting ? null", "=> !node.Promoting || FAULT ? null"),
            ("PgHa.Client/Facts/NodeObservation.cs", "_ when Promoting => !Ending,", "_ when Promoting && !FAULT => !Ending,")) { First = 150 },
        new("a node that cannot be seen counts as stopped",
            ("PgHa.Agent/Plans/WritableRules.cs", "if (other.MayBeWritable && !forked &&", "if (other.MayBeWritable && !forked && !FAULT &&"),
            ("PgHa.Agent/Plans/WritableRules.cs", "_ when NominallyBehind(other.Node,", "_ when FAULT || NominallyBehind(other.Node,")),
        new("a primary that runs is not in the way of another",
            ("PgHa.Agent/Plans/WritableRules.cs", "if (other.Writable && mayWrite)", "if (other.Writable && mayWrite && !FAULT)"),
            ("PgHa.Agent/Plans/WritableRules.cs", "if (other.MayBeWritable &&", "if (other.MayBeWritable && !FAULT &&")),
        new("data that cannot be read counts as none",
            ("PgHa.Agent/Plans/WritableRules.cs", "return other.DataProblem is { } problem ?", "return FAULT && other.DataProblem is { } ignored ? new(new DataUnusable(name, ignored)) : other.DataProblem is { } problem ?")) { First = 1500 },
        new("WAL that another node holds is not completed",
            ("PgHa.Agent/Plans/WritableRules.cs", "if (finding.Ahead)", "if (finding.Ahead && !FAULT)")) { First = 280 },
        new("the last WAL of the primary is not given to its successor",
            ("PgHa.Agent/Steps/HandingOver.cs", "var given = await standby", "var given = FAULT ? \"\" : await standby")) { First = 180 },
        new("stopped nodes are not demoted",
            ("PgHa.Agent/Plans/DemotionRules.cs", "StandbySignal: false }).Select", "StandbySignal: false } && !FAULT).Select")),
        new("the primary is not demoted before its stop",
            ("PgHa.Agent/Plans/SwitchoverPlan.cs", "DemotionRules.Stage([primary,", "DemotionRules.Stage([.. FAULT ? [] : (string[])[primary],")),
        new("a start overwrites WAL that it does not replay",
            ("PgHa.Agent/Plans/Completion.cs", "if (stoppedAsPrimary", "if (!FAULT && (stoppedAsPrimary"),
            ("PgHa.Agent/Plans/Completion.cs", "HoldsWalItWouldNotReplay: true })", "HoldsWalItWouldNotReplay: true }))"),
            ("PgHa.Agent/Plans/StepRules.cs", "StartAsPrimary => WouldNotReplay(sight)", "StartAsPrimary => (FAULT ? null : WouldNotReplay(sight))")) { First = 460 },
        new("done is reported before it is seen",
            ("PgHa.Agent/Operations/OutcomeWatch.cs", "if (missing.Length == 0 ||", "if (FAULT || missing.Length == 0 ||")),
        new("an interrupted operation is not taken up",
            ("PgHa.Agent/Operations/Resumption.cs", "if (newest is null || IsOpen(newest))", "if (newest is null || (IsOpen(newest) && !FAULT))")),
        new("data is replaced that was not salvaged",
            ("PgHa.Agent/Steps/Rejoining.cs", "Salvaged(sight) is { } saved ?", "Salvaged(sight) is var saved && (FAULT || saved is not null) ?"),
            ("PgHa.Agent/Steps/Rejoining.cs", "saved.Id, cancel)", "saved?.Id ?? \"\", cancel)"),
            ("PgHa.Agent/Steps/Rejoining.cs", "RecloneServer s => sight", "RecloneServer s => FAULT || sight"),
            ("PgHa.Agent/Steps/Rejoining.cs", "SalvageWal => await SalvageAsync(sight, cancel),", "SalvageWal => FAULT ? StepResult.Done(\"\") : await SalvageAsync(sight, cancel),")),
        new("what an archive has given a standby is not compared with its primary",
            ("PgHa.Agent/Steps/Starting.cs", "Restores == true && await", "Restores == true && !FAULT && await")) { First = 1018100 },
    ];
}
