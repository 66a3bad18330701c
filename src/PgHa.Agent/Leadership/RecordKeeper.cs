namespace PgHa.Agent.Leadership;

/// <summary>Who stops the server at a deadline, without the agent: the guard.</summary>
public interface IDeadline
{
    /// <summary>Moves the deadline, on the machine's clock since boot.</summary>
    /// <returns>What is in force now; null: nobody confirms it.</returns>
    /// <param name="until">The new deadline.</param>
    /// <param name="cancel">Ends the call. The deadline may have been moved all the same.</param>
    Task<TimeSpan?> SetAsync(TimeSpan until, CancellationToken cancel);
}

/// <summary>All other nodes, as the holder of the record asks for their promise.</summary>
public interface IMembers
{
    /// <summary>Their names.</summary>
    IReadOnlyList<string> Names { get; }

    /// <summary>Asks all of them not to become writable for so long, in any way. Null: all have promised; else who has not, and why.</summary>
    /// <param name="own">The record that is held.</param>
    /// <param name="holds">For how long.</param>
    /// <param name="within">The bound.</param>
    /// <param name="cancel">Ends it.</param>
    Task<string?> AskAsync(PrimaryRecord own, TimeSpan holds, TimeSpan within, CancellationToken cancel);
}

/// <summary>How the keeping of a record ended.</summary>
/// <param name="Hold">Lost or gone.</param>
/// <param name="Answer">What etcd said.</param>
public sealed record KeepingEnd(Hold Hold, RecordAnswer Answer);

/// <summary>
/// Keeps the record for this node: renews it every D / 6, and has the guard confirm each deadline. It says for how long this node may write; it never stops
/// the server itself, because the guard does, also when this agent hangs.
/// </summary>
/// <param name="store">Where the record is.</param>
/// <param name="guard">Who stops the server.</param>
/// <param name="clock">The machine's clock since boot.</param>
/// <param name="time">The clock of waits.</param>
/// <param name="members">All other nodes; null: they are not asked, because <c>failover.stay_without_etcd</c> is not set.</param>
public sealed class RecordKeeper(IRecordStore store, IDeadline guard, Func<TimeSpan> clock, TimeProvider time, IMembers? members = null)
{
    private const int RenewalsOfD = 6;
    private TimeSpan? _confirmed;
    private TimeSpan? _mayBeInForce; // the latest that the guard may hold to, what it was asked for without an answer included
    private Holding? _holding;
    private volatile uint _timeline;
    private long _served = -1; // nothing else than what the record says
    private readonly Lock _gate = new();
    private bool _soon;
    private Action? _wake; // ends the wait for the next renewal

    /// <summary>This node may write until then, as the guard has confirmed; null: it may not.</summary>
    public TimeSpan? Until => _confirmed > clock() ? _confirmed : null;

    /// <summary>What is known of the record; null before the keeping has begun.</summary>
    public Holding? Holding => _holding;

    /// <summary>Why the last renewal failed; null: it did not.</summary>
    public string? Problem { get; private set; }

    /// <summary>Why not all other nodes have promised not to become writable, when they were asked last; null: they have, or were not asked since the record was renewed.</summary>
    public string? NoConsent { get; private set; }

    /// <summary>The highest timeline that may have been made, as etcd has acknowledged.</summary>
    public uint Made => _holding?.Acknowledged?.Record.MayBeMade ?? 0;

    /// <summary>On which timeline a server accepted writes last, as etcd has acknowledged.</summary>
    public uint Served => _holding?.Acknowledged?.Record.Served ?? 0;

    /// <summary>The record is to say that a server accepts writes on this timeline, or, with 0, that this is not known; it is told at once where that is new.</summary>
    public void Serve(uint timeline)
    {
        if (Interlocked.Exchange(ref _served, timeline) == timeline || Served == timeline)
            return;
        WakeUp();
    }

    /// <summary>From the next renewal on the record says that timelines up to this one are reserved, and may have been made.</summary>
    /// <param name="timeline">The highest.</param>
    /// <param name="soon">The next renewal is sent now.</param>
    public void Make(uint timeline, bool soon)
    {
        _timeline = Math.Max(_timeline, timeline);
        if (soon)
            WakeUp();
    }

    private void WakeUp()
    {
        lock (_gate)
        {
            _soon = true;
            _wake?.Invoke();
        }
    }

    /// <summary>Keeps it until it is lost or gone, or until it is cancelled. A renewal is left out while the server gives no sign of life.</summary>
    /// <param name="begun">What is known of it: it was just taken, or an earlier run of the agent held it.</param>
    /// <param name="d">How long a renewal is to hold, and how long the server takes to stop.</param>
    /// <param name="lives">Whether the server has shown that it lives.</param>
    /// <param name="cancel">Ends it. The deadline stays.</param>
    public async Task<KeepingEnd> KeepAsync(Holding begun, Func<(TimeSpan D, TimeSpan Stop)> d, Func<bool> lives, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(d);
        ArgumentNullException.ThrowIfNull(lives);
        _holding = begun;
        while (true)
        {
            var next = clock() + (d().D / RenewalsOfD);
            if (!lives())
            {
                Problem = "the server gives no sign of life: the record is not renewed";
                await ConfirmWhatHoldsAsync(d(), cancel);
            }
            else if (await RenewAsync(d(), cancel) is { } end)
                return end;
            else
                await AskMembersAsync(d(), cancel);
            if (next - clock() is var left && left > TimeSpan.Zero)
                await DelayAsync(left, cancel);
        }
    }

    /// <summary>Less where the next renewal is wanted soon.</summary>
    private async Task DelayAsync(TimeSpan left, CancellationToken cancel)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        if (!IsWantedSoon(ends.Cancel))
            await Task.Delay(left, time, ends.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        IsWantedSoon(null); // what was wanted is read after this
        cancel.ThrowIfCancellationRequested();
    }

    private bool IsWantedSoon(Action? wake)
    {
        lock (_gate)
        {
            _wake = wake;
            var soon = _soon;
            _soon &= wake is not null;
            return soon;
        }
    }

    private async Task<KeepingEnd?> RenewAsync((TimeSpan D, TimeSpan Stop) settings, CancellationToken cancel)
    {
        var within = settings.D / RenewalsOfD;
        var (sent, attempt) = _holding!.Making(_timeline).Serving(Interlocked.Read(ref _served) is >= 0 and var served ? (uint)served : _holding.Own.Served).Send(clock(), settings.D);
        if (sent.Deadline(settings.Stop) is { } sooner && sooner < _mayBeInForce && _mayBeInForce > clock() && !await ConfirmAsync(sooner, within, cancel))
            return null; // a shorter D binds from the moment that it is sent: it is not sent
        _holding = sent;
        var answer = await store.SwapAsync(attempt.Record, attempt.Before, within, cancel);
        (_holding, var hold) = _holding.Hear(attempt, answer);
        Problem = answer is RecordAnswer.Outage outage ? outage.Why : null;
        if (hold is Hold.Lost or Hold.Gone)
            return new(hold, answer);
        await ConfirmWhatHoldsAsync(settings, cancel);
        return null;
    }

    /// <summary>
    /// While etcd does not answer: the server may go on if all other nodes promise not to become writable. One that does not answer, or refuses, changes nothing. Promises that come after the deadline are too late.
    /// </summary>
    private async Task AskMembersAsync((TimeSpan D, TimeSpan Stop) settings, CancellationToken cancel)
    {
        var (askedAt, asked) = (clock(), _holding!);
        if (members is null || !asked.AsksForConsent(askedAt, settings.D, settings.Stop))
        {
            NoConsent = null;
            return;
        }
        NoConsent = await members.AskAsync(asked.Own, settings.D, settings.D / RenewalsOfD, cancel);
        if (NoConsent is not null || asked.Deadline(settings.Stop) <= clock())
            return;
        _holding = asked.Hear(askedAt, settings.D, members.Names);
        await ConfirmWhatHoldsAsync(settings, cancel);
    }

    /// <summary>In each round, whatever etcd says: a guard that has died is replaced, and the next one is told what holds.</summary>
    private async Task ConfirmWhatHoldsAsync((TimeSpan D, TimeSpan Stop) settings, CancellationToken cancel)
    {
        if (_holding!.Deadline(settings.Stop) is { } until && until > clock())
            await ConfirmAsync(until, settings.D / RenewalsOfD, cancel);
    }

    private async Task<bool> ConfirmAsync(TimeSpan until, TimeSpan within, CancellationToken cancel)
    {
        _mayBeInForce = _mayBeInForce > until ? _mayBeInForce : until;
        _confirmed = _confirmed is { } confirmed ? (until < confirmed ? until : confirmed) : null; // while it is asked, the earlier of both is sure
        using var late = new CancellationTokenSource(within, time);
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancel);
        try
        {
            _confirmed = await guard.SetAsync(until, bound.Token);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            _confirmed = null; // a guard that hangs confirms nothing
        }
        if (_confirmed is null)
            Problem = "the guard does not confirm the deadline: this node may not write";
        else
            _mayBeInForce = _confirmed;
        return _confirmed is not null;
    }
}
