using Microsoft.Extensions.Logging;
using PgHa.Agent.Cluster;
using PgHa.Agent.Leadership;
using PgHa.Agent.Steps;
using PgHa.Client.Operations;
using PgHa.Formats;

namespace PgHa.Agent.Succession;

/// <summary>
/// This node's hold on the record: takes it, keeps it in the background, and gives it up. It decides nothing: who calls it has been told by
/// <see cref="SuccessionRules"/>, or is a step that was.
/// </summary>
internal sealed partial class Tenure(
    RecordTerms terms, IRecordStore store, IGuard guard, ServerPulse pulse, ClusterObserver cluster, OwnPromise promise, IMembers? members, Func<TimeSpan> clock, TimeProvider time, UniqueName name,
    ILogger<Tenure> log) : IWriteRight
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(2), LookAgain = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LookSoon = TimeSpan.FromMilliseconds(5), Soon = TimeSpan.FromSeconds(1);
    private readonly OneAtATime _turn = new();
    private Keeping? _keeping;
    private TimeSpan? _due; // of the keeping before
    private uint _mine; // the highest timeline that was reserved for this node's own promotion in this turn; 0: none
    private volatile RecordSight? _sight;

    /// <summary>Until when this node may write, as its guard has confirmed; null: it may not.</summary>
    internal TimeSpan? Until => _keeping is { Task.IsCompleted: false } keeping ? keeping.Keeper.Until : null;

    /// <summary>For how many seconds it may write yet; null: it may not.</summary>
    internal double? Left => (Until - clock())?.TotalSeconds;

    /// <summary>The highest timeline that anybody may have made, as the record says; 0: this node does not hold it.</summary>
    internal uint Made => Own?.MayBeMade ?? 0;

    /// <summary>The timeline on which a server accepted writes last, as the record says; 0: that is not known.</summary>
    internal uint Served => Own?.Served ?? 0;

    /// <inheritdoc />
    public bool Reserves => !IsByHand(Sight?.Record);

    /// <summary>Until when etcd has let this node write, whatever became of the guard since; null: it never did.</summary>
    internal TimeSpan? Due => _keeping?.Keeper.Holding?.Deadline(terms.Stop) ?? _due;

    /// <summary>The record as it was seen last, and since when; null: never.</summary>
    internal RecordSight? Sight => _sight;

    /// <inheritdoc />
    public bool IsHeld => Until is not null;

    /// <summary>The record as this node holds it; null: it does not.</summary>
    internal PrimaryRecord? Own => Until is null ? null : _keeping?.Keeper.Holding?.Own;

    /// <summary>The epoch in which this node holds the record; null: it does not.</summary>
    internal long? Epoch => Own?.Epoch;

    /// <summary>The node that held the record before this one took it; null: there was none.</summary>
    internal string? Before { get; private set; }

    /// <summary>Why the record could not be renewed last, or how the keeping ended; null: all is well.</summary>
    internal string? Problem => _keeping is not { } keeping ? null
        : keeping.Task.IsCompletedSuccessfully ? $"the record is {(keeping.Task.Result.Hold == Hold.Lost ? "another's" : "gone")}: {keeping.Task.Result.Answer}" : keeping.Keeper.Problem;

    /// <summary>A linearizable look at the record.</summary>
    internal async Task<RecordAnswer> LookAsync(CancellationToken cancel)
    {
        var answer = await store.ReadAsync(terms.Call, cancel);
        if (answer is RecordAnswer.Stands stands)
            _sight = RecordSight.After(_sight, stands, clock());
        return answer;
    }

    /// <summary>Until when the guard lets the server write, though this run of the agent has not been confirmed; null: there is none on duty.</summary>
    internal async Task<TimeSpan?> AskGuardAsync(CancellationToken cancel)
    {
        using var alone = await _turn.EnterAsync(cancel);
        return _keeping is null ? await guard.AskAsync(cancel) : Until;
    }

    /// <summary>Takes the record where it has run out, was given up, or is this node's own; waits until the guard confirms the deadline.</summary>
    public Task<Refusal?> TakeAsync(bool patiently, CancellationToken cancel) => TakeAsync(first: false, patiently, makes: true, cancel);

    /// <summary>The same, also where there never was a record: only after all nodes have said that they have seen none; or before it has run out, by the pledges of enough voters.</summary>
    /// <param name="first">There need not be a record.</param>
    /// <param name="patiently">What runs out soon is waited for.</param>
    /// <param name="makes">The promotion follows at once: the record says with the same swap that its timeline may have been made.</param>
    /// <param name="cancel">Ends it.</param>
    /// <param name="revocation">The pledges by which it is taken before it has run out.</param>
    internal async Task<Refusal?> TakeAsync(bool first, bool patiently, bool makes, CancellationToken cancel, Revocation? revocation = null)
    {
        using var alone = await _turn.EnterAsync(cancel);
        if (await LastsAsync(cancel))
            return makes ? await ForgetServedAsync(cancel) : null;
        if (promise.Standing is { } standing)
            return Promised(terms.Node, standing.To, promise.Left); // also where a record was won before it was promised, or a person decides
        await EndAsync();
        var answer = await LookAsync(cancel);
        if (answer is RecordAnswer.Stands { Record: var stands } && IsByHand(stands))
            return null; // as in manual mode: nobody keeps the right
        if (patiently)
            answer = await RunOutAsync(answer, cancel);
        var own = await cluster[terms.Node].ObserveAsync(fresh: false, cancel);
        var next = own is { InRecovery: true, Sql.Timeline: { } on } ? on.Value + 1 : 0u; // it is to be promoted: the number is reserved with the record
        first = first || await MayBeFirstAsync(answer, cancel);
        if (Begin(answer, first, next, revocation) is not { } holding)
            return Withheld(answer);
        pulse.Expect();
        holding = next > 0 ? makes ? holding.Making(holding.Own.Timeline) : holding
            : own.Sql is { InRecovery: false, Timeline: { } runsOn } ? holding.Making(runsOn.Value).Serving(runsOn.Value)
            : makes && own.Control?.Timeline.Value != holding.Own.Served ? holding.Serving(0) : holding;
        _mine = next > 0 && (answer is RecordAnswer.Absent || (answer is RecordAnswer.Stands { Record: var found } && !IsOwn(found))) ? holding.Own.Timeline : 0;
        Before = answer is RecordAnswer.Stands before ? before.Record.Node : null;
        var keeper = new RecordKeeper(revocation is null ? store : new RevokingStore(store, revocation), guard, clock, time, members);
        var ends = CancellationTokenSource.CreateLinkedTokenSource(CancellationToken.None);
        _keeping = new(keeper, ends, keeper.KeepAsync(holding, () => (terms.D, terms.Stop), () => pulse.Lives, ends.Token));
        var begun = time.GetTimestamp();
        while (Until is null && !_keeping.Task.IsCompleted && time.GetElapsedTime(begun) < terms.D)
            await Task.Delay(Interval, time, cancel);
        if (Until is null)
        {
            var why = Problem ?? "no renewal was acknowledged";
            await EndAsync();
            return new(Code.AnotherWritable, $"{terms.Node} does not hold the record in etcd: {why}", "look at etcd, then repeat the call");
        }
        LogTaken(terms.Node, holding.Own.Epoch);
        return null;
    }

    /// <inheritdoc />
    public async Task<Answer<TimelineId>> ReserveAsync(TimelineId least, CancellationToken cancel)
    {
        using var alone = await _turn.EnterAsync(cancel);
        if (Until is null || _keeping is not { Keeper: { Holding: { } holding } keeper })
            return new Refusal(Code.AnotherWritable, $"{terms.Node} does not hold the record in etcd any more", "the rules say what follows: GET v2/cluster/explain");
        var wanted = _mine >= least.Value ? _mine // nothing has made it: else the server would choose a higher one
            : Math.Max(least.Value, holding.Own.Timeline + 1);
        keeper.Make(wanted, soon: keeper.Made < wanted);
        for (var begun = time.GetTimestamp(); keeper.Made < wanted; await Task.Delay(Interval, time, cancel))
            if (Until is null || time.GetElapsedTime(begun) > terms.D)
                return new Refusal(Code.AnotherWritable, $"timeline {wanted} could not be reserved in the record in etcd: {Problem ?? "no renewal was acknowledged"}", "look at etcd, then repeat the call");
        _mine = wanted;
        return new TimelineId(wanted);
    }

    /// <summary>The server accepts writes on that timeline: no other node makes it, whoever chose it.</summary>
    internal void Serves(TimelineId timeline)
    {
        _keeping?.Keeper.Make(timeline.Value, soon: false);
        _keeping?.Keeper.Serve(timeline.Value);
    }

    /// <summary>
    /// The server is about to be started in place, perhaps on another timeline than the last one that served: until it serves, the record does not say which one that is. Else what it acknowledges in its
    /// first moment would count as left behind.
    /// </summary>
    private async Task<Refusal?> ForgetServedAsync(CancellationToken cancel)
    {
        if (_keeping?.Keeper is not { } keeper || await cluster[terms.Node].ObserveAsync(fresh: false, cancel) is not { Down: true } own || own.Control?.Timeline.Value == keeper.Served)
            return null;
        keeper.Serve(0);
        for (var begun = time.GetTimestamp(); keeper.Served != 0; await Task.Delay(Interval, time, cancel))
            if (Until is null || time.GetElapsedTime(begun) > terms.D)
                return new Refusal(Code.AnotherWritable, $"the record in etcd could not be renewed before {terms.Node} is started: {Problem ?? "no renewal was acknowledged"}", "look at etcd, then repeat the call");
        return null;
    }

    /// <summary>What is left must last for what follows: else the next renewal is waited for.</summary>
    private async Task<bool> LastsAsync(CancellationToken cancel)
    {
        var begun = time.GetTimestamp();
        while (Until is { } until)
        {
            if (until - clock() > terms.D / 3)
                return true;
            if (time.GetElapsedTime(begun) > terms.D)
                return false;
            await Task.Delay(Interval, time, cancel);
        }
        return false;
    }

    /// <summary>
    /// A record that is not renewed any more runs out soon, or is given up in a moment; one that is renewed does not. A renewal that was on its way when its
    /// holder gave it up may be seen first: for as long as an attempt is bounded a renewal does not count.
    /// </summary>
    private async Task<RecordAnswer> RunOutAsync(RecordAnswer answer, CancellationToken cancel)
    {
        var (begun, revision) = (time.GetTimestamp(), Sight?.Revision);
        while (MayRunOut(answer, revision))
        {
            if (time.GetElapsedTime(begun) > (1.1 * terms.D) + terms.Call)
                return answer;
            await Task.Delay(time.GetElapsedTime(begun) < Soon ? LookSoon : LookAgain, time, cancel); // who stops to hold it gives it up in a moment
            answer = await LookAsync(cancel);
            revision = revision is null || time.GetElapsedTime(begun) < terms.Call ? Sight?.Revision : revision;
        }
        return answer;
    }

    /// <summary>An answer that is older than what was seen since says nothing.</summary>
    private bool MayRunOut(RecordAnswer answer, long? revision) => answer is RecordAnswer.Outage
        || (answer is RecordAnswer.Stands stands && !IsOwn(stands.Record) && (!Sight!.Is(stands) || (!Sight.Record.Manual && !Sight.HasRunOut(clock()) && Sight.Revision == revision)));

    /// <inheritdoc />
    public async Task<Refusal?> ConfirmAsync(CancellationToken cancel) => IsByHand(Sight?.Record) ? null : await StopAsync(held: false, cancel)
        ? new(Code.AnotherWritable, $"{terms.Node} has lost the record in etcd meanwhile: its server was killed", "the rules say what follows: GET v2/cluster/explain") : null;

    /// <summary>Kills the server; no step takes the record meanwhile. Whether it did.</summary>
    /// <param name="held">Also where this node holds the record: its server hangs.</param>
    /// <param name="cancel">Ends the wait for its turn.</param>
    internal async Task<bool> StopAsync(bool held, CancellationToken cancel)
    {
        using var alone = await _turn.EnterAsync(cancel);
        if (!held && Until is not null)
            return false;
        terms.Kill();
        return true;
    }

    /// <summary>A guard is there before it is needed: to start one takes longer than to take the record.</summary>
    internal async Task PrepareAsync(CancellationToken cancel)
    {
        using var alone = await _turn.EnterAsync(cancel);
        if (_keeping is null)
            await guard.AskAsync(cancel, starts: true);
    }

    /// <summary>Ends what is kept in the background. The deadline stays.</summary>
    private async Task EndAsync()
    {
        if (_keeping is not { } keeping)
            return;
        _due = Due;
        await keeping.Task.EndAsync(keeping.Ends);
        keeping.Ends.Dispose();
        _keeping = null;
    }

    private sealed record Keeping(RecordKeeper Keeper, CancellationTokenSource Ends, Task<KeepingEnd> Task);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Node} holds the record, epoch {Epoch}")]
    private partial void LogTaken(string node, long epoch);
}
