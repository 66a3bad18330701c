using PgHa.Agent.Cluster;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Plans;

/// <summary>
/// What its node must see at the last moment before it carries a step out. The plan asked the same before; since then anybody may have acted.
/// Pure: facts in, a refusal or null out. Whether a node may become writable is decided by <see cref="WritableRules"/>, here as in the plan.
/// </summary>
public static partial class StepRules
{
    /// <summary>Why the step must not be carried out now, or null. Steps that only look are judged by what they find.</summary>
    /// <param name="step">The step.</param>
    /// <param name="sight">What its node sees; the WAL in it is compared with that of <see cref="Focus"/>.</param>
    public static Refusal? Refuse(Step step, StepSight sight)
    {
        ArgumentNullException.ThrowIfNull(step);
        ArgumentNullException.ThrowIfNull(sight);
        return step switch
        {
            StartInRecovery => sight.Own.StandbySignal ? null : NoSignal(sight.Node),
            StartAsStandby => Primary(sight) ?? StandbyPlan.RefuseJoin(sight.Node, sight.Wal),
            Follow => Primary(sight) ?? Forked(sight),
            StartAsPrimary => WouldNotReplay(sight) ?? Recovers(sight),
            PromoteServer or BringLevel => GhostRules.RefusePromotion(sight.Node, sight.Ghosts),
            CompleteWal s => Placing(step, sight) ?? Unread(sight, s.Source),
            BringWal s => Placing(step, sight) ?? sight.Wal.ProblemOf(sight.Node) ?? sight.Wal.ProblemOf(s.Upstream) ?? StandbyPlan.RefuseFollowing(sight.Node, s.Upstream, sight.Wal),
            PlaceSlots or ReplayWal => Placing(step, sight),
            CheckRewind s => Parted(sight, s.Source) ?? RejoinPlan.RefuseRewind(sight.Node, sight.Wal),
            SalvageWal s => Parted(sight, s.Source) ?? Runs(sight) ?? (s.GivesUp ? null : RejoinPlan.RefuseUnseen(sight.Node, sight.Wal)),
            RewindServer s => Parted(sight, s.Source) ?? RejoinPlan.RefuseRewind(sight.Node, sight.Wal),
            CheckReclone => RejoinPlan.RefuseData(sight.Seen, RejoinForm.Reclone),
            RecloneServer s => Runs(sight) ?? RejoinPlan.RefuseData(sight.Seen, RejoinForm.Reclone) ?? (sight.Seen.RewindUnfinished ? null : Parted(sight, s.Source)), // salvaged before that rewind
            CreateCluster s => InitDataPlan.Refuse(sight.Node, sight.View, Assurance.OfStep(s.Accepted)),
            CheckClone s => Copied(sight, s.Source),
            CloneFrom s => Copied(sight, s.Source),
            SetSettings s => SettingRules.RefuseSetting(sight.Seen, s.Asked),
            WriteCheckpoint or ReloadSettings => sight.Own.Ready ? null : new(Code.WrongState, $"{sight.Node} does not run", "start it first"),
            _ => null,
        };
    }

    /// <summary>The node whose WAL that of all others is compared with before the step; null where it turns on no WAL.</summary>
    /// <param name="step">The step.</param>
    public static string? Focus(Step step) => step switch
    {
        StartAsStandby s => s.Upstream,
        Follow s => s.Upstream,
        CompleteWal s => s.Source,
        BringWal s => s.Upstream,
        CheckRewind s => s.Source,
        SalvageWal s => s.Source,
        RewindServer s => s.Source,
        RecloneServer s => s.Source,
        _ => null,
    };

    /// <summary>Why nothing can be put into the node's data directory now, or null.</summary>
    /// <param name="step">The step.</param>
    /// <param name="sight">What its node sees.</param>
    public static Refusal? Placing(Step step, StepSight sight)
    {
        ArgumentNullException.ThrowIfNull(sight);
        return sight.Seen.State == NodeState.Stopped ? null : new(Code.WrongState, $"{sight.Node} is not stopped", step switch
        {
            ReplayWal => "stop it first",
            PlaceSlots => "slots are only placed while the server is down",
            _ => "files are only placed while the server is down",
        });
    }

    /// <summary>Whether all nodes that can be reached agree about the cluster, and are locked by this operation.</summary>
    /// <param name="sight">What the node sees.</param>
    /// <param name="operation">The operation.</param>
    public static Refusal? Unlocked(StepSight sight, string operation)
    {
        ArgumentNullException.ThrowIfNull(sight);
        return AgreementRules.Refuse(sight.View, sight.Regardless ? sight.Node : null) ?? CommonRules.RefuseUnlocked(sight.View, operation);
    }

    /// <summary>Whether the node may become writable now, and whether nothing else stands in the way than WAL that another node holds.</summary>
    /// <param name="sight">What the node sees; its WAL is the focus.</param>
    /// <param name="terms">On what terms.</param>
    public static (Refusal? Refusal, bool Missing) Writable(StepSight sight, WritableTerms terms)
    {
        ArgumentNullException.ThrowIfNull(sight);
        ArgumentNullException.ThrowIfNull(terms);
        if (Unlocked(sight, terms.Operation) is { } unlocked)
            return (unlocked, false);
        if (terms.Required is { } state && sight.Seen.State != state)
            return (new(Code.WrongState, $"{sight.Node} is {sight.Seen.State.Words()}, not {state.Words()}", "repeat the call: it is planned anew"), false);
        if (sight.Wal.ProblemOf(sight.Node) is { } problem)
            return (problem, false);
        var assured = terms.ByRecord ? [.. terms.Accepted.Select(n => new Assurance(n, new HoldsRecord(sight.Node, 0)))] : Assurance.OfStep(terms.Accepted);
        var verdict = WritableRules.Judge(sight.Node, sight.View, sight.Wal, assured, terms.PrimaryKnown || sight.Regardless);
        if (verdict.Refusal is { } refusal)
            return (refusal, false);
        return verdict.Source is not { } source || assured.AnswerFor(source) || IsCompleted(source, terms.CompletedFrom, sight.Wal) ? (null, false)
            : (new(Code.WalNotProven, new HoldsMissingWal(source, sight.Node, sight.Wal.Of(source).Evidence).Words, "repeat the call: it is completed first"), true);
    }

    /// <summary>What the primary must see right before it is stopped for its successor; nobody waits yet.</summary>
    /// <param name="step">The step.</param>
    /// <param name="sight">What the primary sees.</param>
    /// <param name="operation">The operation.</param>
    public static Refusal? HandOver(HandOver step, StepSight sight, string operation)
    {
        ArgumentNullException.ThrowIfNull(step);
        ArgumentNullException.ThrowIfNull(sight);
        return AgreementRules.Refuse(sight.View) ?? CommonRules.RefuseUnlocked(sight.View, operation) ?? HandoverRules.RefuseNow(step.Node, step.Successor, Assurance.OfStep(step.Accepted), sight.View);
    }

    /// <summary>What a standby that was brought level must see: all others have their say before the primary is stopped for it.</summary>
    /// <param name="step">The step.</param>
    /// <param name="sight">What the standby sees; its WAL is the focus.</param>
    public static Refusal? Level(BringLevel step, StepSight sight)
    {
        ArgumentNullException.ThrowIfNull(step);
        ArgumentNullException.ThrowIfNull(sight);
        // What the primary would refuse is not asked: it is writable still.
        if (WritableRules.Judge(sight.Node, new([.. sight.View.Except(step.Source)]), sight.Wal, Assurance.OfStep(step.Accepted), primaryKnown: true).Refusal is { } refusal)
            return refusal;
        // Both are asked at the same moment, but not in the same one: under load either may have told an older end.
        var kin = sight.Wal.Of(step.Source);
        return kin.Kinship is WalKinship.Identical or WalKinship.Ahead or WalKinship.Behind ? null
            : new(Code.WalNotProven, $"{step.Node} is not proven to hold the WAL of {step.Source}: {kin.Evidence.Words}", "repeat the call, or look at the standby");
    }

    /// <summary>
    /// Whether it is proven that the node did not come to accept writes by a step that failed: then what served before may serve again.
    /// </summary>
    /// <param name="before">What the node saw before the step.</param>
    /// <param name="after">What it sees now; all processes of a server that ended must be gone.</param>
    public static bool NeverWritable(OwnSight before, OwnSight after)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        // It runs in recovery and was not told to leave that.
        if (after.Runs)
            return !after.Told && after.StandbySignal;
        // The control file shows no checkpoint of its own and no production: nobody can have written.
        return before.Control is { } old && after.Control is { } now && old.CheckPoint == now.CheckPoint && now.State != Formats.Control.DbState.InProduction;
    }

    /// <summary>Why the node's data must not be replaced although its WAL is a beginning of the primary's, or null: nothing is given up.</summary>
    /// <param name="sight">What the node sees; the WAL's focus is the source.</param>
    /// <param name="source">The primary.</param>
    public static Refusal? Replacing(StepSight sight, string source)
    {
        ArgumentNullException.ThrowIfNull(sight);
        return NotPrimary(sight, source) ?? RejoinPlan.RefuseData(sight.Seen, RejoinForm.Reclone) ?? StandbyPlan.RefuseJoin(sight.Node, sight.Wal);
    }

    /// <summary>What only this node holds is not saved.</summary>
    /// <param name="node">The node.</param>
    public static Refusal NotSalvaged(string node) =>
        new(Code.WrongState, $"what only {node} holds was not salvaged", $"POST instance/slave?rejoin=rewind on {node} does it first, or ?rejoin=reclone");

    /// <summary>It still runs.</summary>
    /// <param name="sight">What the node sees.</param>
    public static Refusal? Runs(StepSight sight)
    {
        ArgumentNullException.ThrowIfNull(sight);
        return sight.Seen.State == NodeState.Stopped ? null : new(Code.WrongState, $"{sight.Node} still runs", "stop it first");
    }

    private static Refusal? Primary(StepSight sight) => sight.Seen.Writable ? CommonRules.RunsAsPrimary(sight.Node) : null;

    /// <summary>It may have received from another node until now. One that runs may be ahead for a moment; on the same timeline nothing but the bytes shows a fork.</summary>
    private static Refusal? Forked(StepSight sight) =>
        sight.Wal.Of(sight.Node).Kinship == WalKinship.Forked ? StandbyPlan.RefuseJoin(sight.Node, sight.Wal) : null;

    private static Refusal NoSignal(string node) => new(Code.WrongState, $"{node} has no standby.signal: it would start as primary", "start it as primary or as standby");

    private static Refusal? Unread(StepSight sight, string source) => sight.Wal.ProblemOf(sight.Node) ?? sight.Wal.ProblemOf(source)
        ?? (sight.Wal.PositionOf(sight.Node) is null || sight.Wal.PositionOf(source) is null ? new(Code.PeerUnreachable, $"{source} cannot be asked for its WAL", "bring its agent back") : null);

    private static Refusal? WouldNotReplay(StepSight sight) => sight.Wal.PositionOf(sight.Node) is not { HoldsWalItWouldNotReplay: true } position ? null : new(Code.WalNotProven,
        $"the pg_wal of {sight.Node} reaches to {position.End}, but its server would go on from {position.CheckpointEnd} on timeline {position.StartsOn} and not replay it all",
        $"let it replay first: POST instance/master on {sight.Node} does so by itself");

    private static Refusal? Recovers(StepSight sight) => !sight.Own.RecoverySignal ? null
        : new(Code.WrongState, $"{sight.Node} has a recovery.signal: a point-in-time recovery is under way", "finish it, or remove the file");

    private static Refusal? NotPrimary(StepSight sight, string source) =>
        sight.View.Primary?.Node == source ? null : new(Code.PrimaryNotStarted, $"{source} is not the one primary", "repeat the call: it is planned anew");

    private static Refusal? Parted(StepSight sight, string source)
    {
        if ((Primary(sight) ?? NotPrimary(sight, source) ?? sight.Wal.ProblemOf(sight.Node)) is { } refusal)
            return refusal;
        var kin = sight.Wal.Of(sight.Node);
        return sight.Wal.PositionOf(sight.Node) is null || kin.Kinship is WalKinship.Identical or WalKinship.Behind
            ? new(Code.WrongState, $"{sight.Node} can simply follow {source}: {kin.Evidence.Words}", $"POST instance/slave on {sight.Node}")
            : null;
    }

    private static Refusal? Copied(StepSight sight, string source) => CloneDataPlan.RefusePlace(sight.Seen) ?? CloneDataPlan.RefuseSource(sight.Node, sight.View[source]);

    /// <summary>Another standby may hold the old primary's last bytes before this one does: nothing is missing then that does not come from the primary itself.</summary>
    private static bool IsCompleted(string source, IReadOnlyList<string> from, WalView wal) =>
        from.Any(node => node == source || Covers(wal.PositionOf(node), wal.PositionOf(source)));

    private static bool Covers(WalPosition? primary, WalPosition? other) => primary?.Timeline == other?.Timeline && primary?.End >= other?.End;
}

/// <summary>On what terms a node may become writable.</summary>
/// <param name="Operation">The operation that must hold all locks.</param>
/// <param name="Accepted">Nodes an operator's force answers for.</param>
public sealed record WritableTerms(string Operation, IReadOnlyList<string> Accepted)
{
    /// <summary>The state it must be in; null: any.</summary>
    public NodeState? Required { get; init; }

    /// <summary>The nodes from which what is missing will be completed.</summary>
    public IReadOnlyList<string> CompletedFrom { get; init; } = [];

    /// <summary>The last primary is one of the nodes: a standby that streams from elsewhere knows that one by another name.</summary>
    public bool PrimaryKnown { get; init; }

    /// <summary>The node holds the record in etcd: no other node may write, and the nodes it accepts are answered for by that.</summary>
    public bool ByRecord { get; init; }

    /// <summary>Nobody can write meanwhile: nodes that force answers for are waited for a moment only.</summary>
    public bool Hurried { get; init; }
}
