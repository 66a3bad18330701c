using System.Collections.Immutable;

namespace PgHa.Agent.Leadership;

/// <summary>A swap that was sent.</summary>
/// <param name="Record">What it writes.</param>
/// <param name="Before">What it replaces.</param>
/// <param name="SentAt">When, by the machine's clock since boot, read before it was sent.</param>
public sealed record Attempt(PrimaryRecord Record, Standing Before, TimeSpan SentAt)
{
    /// <summary>The revision that it replaces.</summary>
    public long Revision => Before.Revision;
}

/// <summary>How a node stands to the record after an answer.</summary>
public enum Hold
{
    /// <summary>A renewal is acknowledged.</summary>
    Renewed,

    /// <summary>The answer says nothing: the next renewal is due.</summary>
    Unsure,

    /// <summary>Another node, turn or boot holds it.</summary>
    Lost,

    /// <summary>It is absent, unreadable, or older than what was acknowledged: etcd was emptied or restored. It is neither held nor has it run out.</summary>
    Gone,
}

/// <summary>
/// What a node knows of the record that it holds, or is about to take. Pure. An acknowledgement counts from the moment before its attempt
/// was sent, because from any later moment on a candidate may count already.
/// </summary>
public sealed record Holding
{
    private Holding()
    {
    }

    /// <summary>The node's own turn: who holds it, in which epoch.</summary>
    public required PrimaryRecord Own { get; init; }

    /// <summary>What the next attempt replaces.</summary>
    public required Standing Standing { get; init; }

    /// <summary>The revision that the next attempt replaces.</summary>
    public long Revision => Standing.Revision;

    /// <summary>The attempt that was acknowledged last; null: none in this run of the agent.</summary>
    public Attempt? Acknowledged { get; private init; }

    /// <summary>Attempts of which it is not known whether they were applied.</summary>
    public ImmutableArray<Attempt> Open { get; private init; } = [];

    /// <summary>All other nodes have promised not to become writable; null: they were not asked, or not all have.</summary>
    public Consent? Consent { get; private init; }

    private long LastCounter { get; init; }

    // How long the deadline of an earlier run may still be in force.
    private TimeSpan Before { get; init; }

    // Attempts that were forgotten, because etcd is out for long: the one that binds.
    private TimeSpan? Forgotten { get; init; }

    /// <summary>The record is another's, and has run out: this node is about to take it.</summary>
    /// <param name="own">The new record; its counter is not used, and its run is a name that no other holding has or had.</param>
    /// <param name="before">The one that ran out.</param>
    public static Holding Take(PrimaryRecord own, Standing before) => new() { Own = own, Standing = before };

    /// <summary>An earlier run of the agent in the same boot held it: this one goes on. It has no deadline before its own first acknowledgement.</summary>
    /// <param name="stands">What it is to say from now on.</param>
    /// <param name="before">What stands in etcd.</param>
    /// <param name="run">A name that no other holding has or had: the counter tells two of its attempts apart, and no others.</param>
    public static Holding GoOn(PrimaryRecord stands, Standing before, string run)
    {
        ArgumentNullException.ThrowIfNull(stands);
        return new() { Own = stands with { Run = run }, Standing = before, Before = stands.D };
    }

    /// <summary>From the next attempt on the record says that timelines up to this one are reserved, and may have been made; it never says less than before.</summary>
    public Holding Making(uint timeline) => timeline <= Own.MayBeMade ? this
        : this with { Own = Own with { Timeline = Math.Max(timeline, Own.Timeline), Made = timeline } };

    /// <summary>From the next attempt on the record says that a server accepts writes on this timeline; 0: that this is not known.</summary>
    public Holding Serving(uint timeline) => timeline == Own.Served ? this : this with { Own = Own with { Served = timeline } };

    /// <summary>The next attempt. Before the first acknowledgement D does not get shorter than it was: a guard may still hold to the deadline of an earlier run.</summary>
    /// <param name="now">The machine's clock since boot, read before it is sent.</param>
    /// <param name="d">How long it is to hold.</param>
    public (Holding Holding, Attempt Attempt) Send(TimeSpan now, TimeSpan d)
    {
        var holds = Acknowledged is null && Before > d ? Before : d;
        var attempt = new Attempt(Own with { Counter = LastCounter + 1, DMilliseconds = (int)holds.TotalMilliseconds }, Standing, now);
        var kept = Forget();
        return (kept with { Open = kept.Open.Add(attempt), LastCounter = LastCounter + 1 }, attempt);
    }

    /// <summary>The last attempt: the record is given up. Nothing may be sent after it.</summary>
    /// <param name="now">The machine's clock since boot.</param>
    public (Holding Holding, Attempt Attempt) Release(TimeSpan now) => Last(now, r => r with { Released = true });

    /// <summary>The last attempt: the record is ended for manual mode, and the server runs on. Nothing may be sent after it but the same once more.</summary>
    /// <param name="now">The machine's clock since boot.</param>
    public (Holding Holding, Attempt Attempt) EndForManual(TimeSpan now) => Last(now, r => r with { Manual = true, DMilliseconds = 0 });

    private (Holding Holding, Attempt Attempt) Last(TimeSpan now, Func<PrimaryRecord, PrimaryRecord> ended)
    {
        var (holding, attempt) = Send(now, Acknowledged?.Record.D ?? Own.D);
        var last = attempt with { Record = ended(attempt.Record) };
        return (holding with { Open = holding.Open.Replace(attempt, last) }, last);
    }

    private Holding Forget() => Open.Length < MostOpen ? this
        : this with { Open = Open.RemoveAt(0), Forgotten = Forgotten is { } bound && bound < Until(Open[0]) ? bound : Until(Open[0]) };

    /// <summary>What the answer to an attempt means. Late answers may come in any order.</summary>
    public (Holding Holding, Hold Hold) Hear(Attempt attempt, RecordAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(attempt);
        return answer switch
        {
            RecordAnswer.Swapped swapped => IsNews(attempt) ? (Acknowledge(attempt, new(swapped.Revision, attempt.Record.Text)), Hold.Renewed) : (this, Hold.Unsure),
            RecordAnswer.Stands stands when IsOld(attempt, stands) => (this, Hold.Unsure),
            RecordAnswer.Stands stands => HearWhatStands(stands),
            RecordAnswer.Absent or RecordAnswer.Unreadable => (this, Hold.Gone),
            _ => (this, Hold.Unsure),
        };
    }

    /// <summary>
    /// Until when this node may write, by its machine's clock since boot; null before the first acknowledgement. What all other nodes have promised may let it go on for longer than
    /// the record does.
    /// </summary>
    /// <param name="stop">How long it takes to stop the server.</param>
    public TimeSpan? Deadline(TimeSpan stop) => RecordHolds(stop) is not { } holds ? null : Consent?.Until - stop is { } promised && promised > holds ? promised : holds;

    /// <summary>The same by the record alone. An attempt with a shorter D that was not answered may stand in etcd already, so it binds, too.</summary>
    private TimeSpan? RecordHolds(TimeSpan stop) =>
        Acknowledged is null ? null : Open.Add(Acknowledged).Select(Until).Append(Forgotten ?? TimeSpan.MaxValue).Min() - stop;

    /// <summary>The promises by which this node may write now; null: by the record, or not at all.</summary>
    /// <param name="now">The machine's clock since boot.</param>
    /// <param name="stop">How long it takes to stop the server.</param>
    public Consent? StaysBy(TimeSpan now, TimeSpan stop) => RecordHolds(stop) <= now && Deadline(stop) > now ? Consent : null;

    /// <summary>
    /// Whether the other nodes are asked: the record was not renewed for a third of D. That is longer than etcd usually takes to elect a leader, and leaves time to ask again. Once the deadline has passed it is
    /// too late.
    /// </summary>
    /// <param name="now">The machine's clock since boot.</param>
    /// <param name="d">How long a renewal holds.</param>
    /// <param name="stop">How long it takes to stop the server.</param>
    public bool AsksForConsent(TimeSpan now, TimeSpan d, TimeSpan stop) => Deadline(stop) > now && RecordHolds(stop) - now < d * 2 / 3;

    /// <summary>All other nodes have promised not to become writable. It counts from before they were asked, and less than they count, by what two clocks may differ.</summary>
    /// <param name="askedAt">The machine's clock since boot, read before they were asked.</param>
    /// <param name="holds">For how long they have promised it.</param>
    /// <param name="by">All of them.</param>
    public Holding Hear(TimeSpan askedAt, TimeSpan holds, IReadOnlyList<string> by)
    {
        var until = askedAt + (holds * (1 - Drift));
        return Consent?.Until >= until ? this : this with { Consent = new(until, by) };
    }

    private static TimeSpan Until(Attempt attempt) => attempt.SentAt + (attempt.Record.D * (1 - Drift));

    /// <summary>By how much two clocks may differ in rate, as a part of the time.</summary>
    public const double Drift = 0.01;

    private const int MostOpen = 64;

    // Refused because of a revision that was replaced since: it tells of an earlier moment.
    private bool IsOld(Attempt attempt, RecordAnswer.Stands stands) => attempt.Revision < Revision && stands.Revision <= Revision;

    private bool IsNews(Attempt attempt) => Open.Contains(attempt);

    // A swap whose answer was lost shows by its own counter. Without it an older run's renewal in flight stands there, or an older state of etcd.
    private (Holding, Hold) HearWhatStands(RecordAnswer.Stands stands)
    {
        if (Open.FirstOrDefault(a => a.Record == stands.Record) is { } mine)
            return (Acknowledge(mine, stands.Standing), Hold.Renewed);
        if (!stands.Record.IsHeldAs(Own))
            return (this, stands.Record.Epoch < Own.Epoch && Acknowledged is not null ? Hold.Gone : Hold.Lost);
        if (Acknowledged is not null && stands.Record.Run != Own.Run)
            return (this, Hold.Lost);
        if (Acknowledged is { } acknowledged && stands.Record.Counter <= acknowledged.Record.Counter)
            return (this, Hold.Gone);
        return (this with { Standing = stands.Standing }, Hold.Unsure);
    }

    // Of all attempts on one revision only one can be applied: what was sent before is void.
    private Holding Acknowledge(Attempt attempt, Standing standing) =>
        this with { Acknowledged = attempt, Standing = standing, Forgotten = null, Open = Open.RemoveAll(a => a.Revision <= attempt.Revision) };
}

/// <summary>By whose promise a node may write while etcd does not answer.</summary>
/// <param name="Until">Until when no other node becomes writable, by the machine's clock since boot.</param>
/// <param name="By">All other nodes.</param>
public sealed record Consent(TimeSpan Until, IReadOnlyList<string> By);
