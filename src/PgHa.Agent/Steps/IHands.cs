using PgHa.Agent.Cluster;
using PgHa.Agent.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;

namespace PgHa.Agent.Steps;

/// <summary>
/// What can be done to the instance beside the agent, once the rules allow it: the real one, or a simulated one. Nothing here decides whether
/// a node may take a role. I/O that fails throws; <see cref="Explain"/> says which of that is an answer.
/// </summary>
internal interface IHands
{
    /// <summary>The server and its data directory.</summary>
    IServerHands Server { get; }

    /// <summary>Its pg_wal.</summary>
    IWalHands Wal { get; }

    /// <summary>Its replication slots.</summary>
    ISlotHands Slots { get; }

    /// <summary>Salvage, rewind, and a new base backup in the place of the old data.</summary>
    IRejoinHands Rejoin { get; }

    /// <summary>Filling an empty data directory.</summary>
    IDataHands Data { get; }

    /// <summary>What the observation does not say of this node, read now.</summary>
    OwnSight Look();

    /// <summary>The histories in pg_wal that no node's WAL confirms.</summary>
    Task<IReadOnlyList<string>> GhostsAsync(CancellationToken cancel);

    /// <summary>Takes away what lies in the way of the step: broken slot folders, and histories that no node's WAL confirms.</summary>
    Task<Cleared> ClearWayAsync(Step step, CancellationToken cancel);

    /// <summary>Finds out whether what comes later can be done. Changes nothing.</summary>
    Task<StepResult> CheckAsync(CheckStep step, CancellationToken cancel);

    /// <summary>Sets <c>synchronous_standby_names</c>.</summary>
    Task<StepResult> SetSyncAsync(SetSync step, CancellationToken cancel);

    /// <summary>What was thrown, as a refusal; null where it is a bug.</summary>
    Refusal? Explain(Exception thrown);

    /// <summary>Keeps, across runs of the agent, which operation changes this node.</summary>
    void Begin(Step step, string operation);

    /// <summary>After each step: what was observed before is no answer any more if it changed the node.</summary>
    void End(Step step);
}

/// <summary>What was taken out of the way before a step.</summary>
/// <param name="Words">Each in words.</param>
/// <param name="NotCarried">The slots among them.</param>
internal sealed record Cleared(IReadOnlyList<string> Words, IReadOnlyList<string> NotCarried)
{
    internal static Cleared Nothing { get; } = new([], []);
}

/// <summary>The server process and what its next start reads.</summary>
internal interface IServerHands
{
    /// <summary>Starts the server as its data directory says; null when it accepts connections.</summary>
    Task<Refusal?> StartAsync(CancellationToken cancel);

    /// <summary>A fast shutdown, verified by process and control file.</summary>
    /// <param name="untilShutDown">Done as soon as the control file says "shut down".</param>
    /// <param name="onPurpose">Somebody wants it to stay stopped: it is not started again by itself.</param>
    /// <param name="cancel">Ends the wait.</param>
    Task<StepResult> StopAsync(bool untilShutDown, bool onPurpose, CancellationToken cancel);

    /// <summary>Waits until no child of the server that ended is left; false where one stays.</summary>
    Task<bool> ChildrenEndAsync(CancellationToken cancel);

    /// <summary>A checkpoint, or a restartpoint.</summary>
    Task<StepResult> CheckpointAsync(CancellationToken cancel);

    /// <summary>Lets the running server read its settings again; refused where they cannot be read.</summary>
    Task<StepResult> ReloadAsync(CancellationToken cancel);

    /// <summary>Sets settings, or takes them back: on the running server by SQL and a reload, else in its file.</summary>
    Task<StepResult> SetAsync(IReadOnlyList<SettingChange> changes, CancellationToken cancel);

    /// <summary>Writes <c>standby.signal</c>, durably.</summary>
    void WriteStandbySignal();

    /// <summary>Removes <c>standby.signal</c>, durably.</summary>
    void RemoveStandbySignal();

    /// <summary>Points the stopped server at a node; what is to be said of the slot it streams with.</summary>
    Task<Answer<string>> PointAsync(string upstream, CancellationToken cancel);

    /// <summary>Points the running standby at a node, by reload.</summary>
    Task<StepResult> PointByReloadAsync(string upstream, CancellationToken cancel);

    /// <summary>Promotes the running standby.</summary>
    Task<StepResult> PromoteAsync(CancellationToken cancel);

    /// <summary>Why it could not be kept that the server was told to become primary, or null: asked before anything stops for that.</summary>
    string? ProblemOfPromotion();

    /// <summary>Waits a moment for the running standby to hold and replay what the primary had flushed, and writes a restartpoint; or why it does not.</summary>
    /// <param name="source">The primary as it was seen a moment ago.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <returns>What is to be said of its archive.</returns>
    Task<Answer<string>> BringLevelAsync(NodeObservation source, CancellationToken cancel);

    /// <summary>Asks the archive of the running standby before it is promoted without its primary; what is to be said of it.</summary>
    Task<Answer<string>> AskArchiveAsync(CancellationToken cancel);

    /// <summary>The number that the running standby would give its new timeline if it were promoted now.</summary>
    /// <param name="own">The timeline that it is on.</param>
    /// <param name="asksArchive">Whether its archive is asked, too.</param>
    /// <param name="cancel">Ends it.</param>
    Task<TimelineId> NextTimelineAsync(TimelineId own, bool asksArchive, CancellationToken cancel);

    /// <summary>Sees to it that the running standby passes over the numbers from one up to another, and chooses that one.</summary>
    /// <param name="from">The first that is not used.</param>
    /// <param name="to">The one that is.</param>
    /// <param name="asksArchive">Whether its archive is asked, too.</param>
    /// <param name="cancel">Ends it.</param>
    Task PassOverAsync(TimelineId from, TimelineId to, bool asksArchive, CancellationToken cancel);

    /// <summary>Ends the sessions of the primary, flushes what was acknowledged, and stops it at once.</summary>
    /// <param name="acceptUnlogged">Unlogged tables may be emptied.</param>
    /// <param name="refuse">The last look, before anything is stopped.</param>
    /// <param name="cancel">Ends what comes before the stop.</param>
    Task<StepResult> HandOverAsync(bool acceptUnlogged, Func<Task<Refusal?>> refuse, CancellationToken cancel);

    /// <summary>Opens the running standby for a take over; null where it does not run.</summary>
    Task<ITakeOver?> OpenAsync(CancellationToken cancel);
}

/// <summary>The running standby while it takes over from a stopped primary: one session, because all writers wait.</summary>
internal interface ITakeOver : IAsyncDisposable
{
    /// <summary>Waits until its walreceiver writes no WAL any more; null, or why it still does.</summary>
    Task<Refusal?> EndReceiverAsync(CancellationToken cancel);

    /// <summary>Gives it the end of the stopped primary's WAL and lets it replay that; what had to be done for it.</summary>
    Task<Answer<string>> GiveTailAsync(WalPosition own, WalPosition theirs, IWalSource source, CancellationToken cancel);

    /// <summary>Promotes it.</summary>
    Task<StepResult> PromoteAsync(CancellationToken cancel);
}

/// <summary>The WAL of the stopped server.</summary>
internal interface IWalHands
{
    /// <summary>Copies what is missing from another node's agent, verified.</summary>
    Task<StepResult> CompleteAsync(WalAncestry kin, WalPosition own, WalPosition theirs, IWalSource source, CancellationToken cancel);

    /// <summary>Copies the segments that streaming cannot bring from one node; null when all are there.</summary>
    Task<Refusal?> BringAsync(WalToBring bring, WalPosition own, WalPosition theirs, IWalSource source, CancellationToken cancel);

    /// <summary>The same from the archive.</summary>
    Task<Answer<string>> BringFromArchiveAsync(string upstream, WalToBring bring, WalView wal, CancellationToken cancel);

    /// <summary>Runs the server as a standby until it has replayed all its WAL, and stops it.</summary>
    Task<StepResult> ReplayAsync(CancellationToken cancel);
}

/// <summary>The slots of this node, at the turns of its role.</summary>
internal interface ISlotHands
{
    /// <summary>Places the logical slots of another node while this server is down.</summary>
    Task<StepResult> PlaceAsync(ISlotSource source, CancellationToken cancel);

    /// <summary>Brings the logical slots of this running standby level with those of another node.</summary>
    Task<StepResult> LevelAsync(ISlotSource source, CancellationToken cancel);

    /// <summary>Makes copies of another node's physical slots that are not pgha's.</summary>
    Task<StepResult> CopyAsync(string source, CancellationToken cancel);

    /// <summary>Keeps a physical slot for each other node; what is to be said of it.</summary>
    Task<string> EnsureAsync(CancellationToken cancel);

    /// <summary>Before a start in recovery, or a demotion: from then on nothing tells that its slots were originals.</summary>
    void BeforeRecovery();

    /// <summary>Before a start as standby of a node; what is to be said of it.</summary>
    Task<string> BeforeStandbyAsync(ISlotSource upstream, CancellationToken cancel);

    /// <summary>Before a start as primary; the slots that are not carried.</summary>
    IReadOnlyList<string> BeforePrimary();

    /// <summary>Before a promotion without the old primary; the slots that are not carried.</summary>
    Task<IReadOnlyList<string>> BeforePromotionAsync(CancellationToken cancel);

    /// <summary>In the interruption of a switchover by promotion, with the slots that the old primary ended with; null where there are none.</summary>
    Task<SlotsLevelled?> LevelLastAsync(ISlotSource source, Answer<SlotsReport> theirs, CancellationToken cancel);

    /// <summary>From here on its slots are originals.</summary>
    void BecamePrimary();
}

/// <summary>What became of slots in the interruption.</summary>
/// <param name="Words">In words.</param>
/// <param name="NotCarried">Those that are not carried.</param>
internal sealed record SlotsLevelled(string Words, IReadOnlyList<string> NotCarried);

/// <summary>What a node that parted from the primary needs to follow again.</summary>
internal interface IRejoinHands
{
    /// <summary>Why it cannot be rewound, or null.</summary>
    Task<Refusal?> RefuseRewindAsync(WalAncestry kin, WalPosition own, CancellationToken cancel);

    /// <summary>Why a copy of the source would not follow it here, because of what the archive holds; null: it would.</summary>
    Task<Refusal?> RefuseArchiveAsync(NodeObservation source, CancellationToken cancel);

    /// <summary>Saves what only this node holds.</summary>
    Task<Answer<SalvageReport>> SalvageAsync(WalAncestry kin, WalPosition own, CancellationToken cancel);

    /// <summary>The salvage that covers the node's end of WAL; null where there is none.</summary>
    SalvageReport? Salvaged(WalAncestry kin, WalPosition own);

    /// <summary>Rewinds the stopped node.</summary>
    Task<StepResult> RewindAsync(string source, string salvage, CancellationToken cancel);

    /// <summary>Why its data could not be replaced by a base backup of the source now; else how large that is.</summary>
    Task<Answer<string>> CheckRecloneAsync(NodeObservation source, bool ownRuns, CancellationToken cancel);

    /// <summary>Replaces the data directory by a base backup; the old one is kept.</summary>
    Task<StepResult> RecloneAsync(NodeObservation source, CancellationToken cancel);

    /// <summary>Removes the old data directory.</summary>
    StepResult DiscardOld();
}

/// <summary>Filling an empty data directory.</summary>
internal interface IDataHands
{
    /// <summary>Why no new cluster can be made here, or null.</summary>
    Task<Refusal?> RefuseInitAsync(CancellationToken cancel);

    /// <summary>Makes a new cluster.</summary>
    Task<StepResult> InitAsync(EmptyPlace place, CancellationToken cancel);

    /// <summary>Why no base backup of the source can be taken here; else what is to be said of it.</summary>
    Task<Answer<string>> CheckCloneAsync(NodeObservation source, EmptyPlace place, CancellationToken cancel);

    /// <summary>Takes a base backup of the source, after the same checks.</summary>
    Task<StepResult> CloneAsync(NodeObservation source, EmptyPlace place, CancellationToken cancel);

    /// <summary>Removes what a step that was broken off left beside the data directory; null, or why that failed.</summary>
    Refusal? RemoveLeftovers();
}
