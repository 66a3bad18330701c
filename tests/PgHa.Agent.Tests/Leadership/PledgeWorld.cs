using System.Collections.Immutable;
using System.Globalization;
using PgHa.Agent.Leadership;

namespace PgHa.Agent.Tests.Leadership;

/// <summary>What can be done wrong about pledges, beside taking the wrong step.</summary>
internal enum PledgeFault
{
    None,

    /// <summary>One voter too few suffices.</summary>
    OneTooFew,

    /// <summary>The record is taken without a look whether the pledges still stand.</summary>
    NotCompared,

    /// <summary>A reload is taken for the proof that the startup process has read its settings.</summary>
    ReloadIsProof,

    /// <summary>The key is removed, and not written over.</summary>
    Removed,

    /// <summary>The node keeps no note: whoever points it at the primary may do so.</summary>
    NotNoted,

    /// <summary>The end is read before the WAL receiver has ended.</summary>
    EndReadEarly,
}

/// <summary>A write of the pledge that is on its way, and what it compares.</summary>
internal sealed record ModelWrite(int Version, int End);

/// <summary>A voter: its server, its disk, its agent's memory, and its key in etcd.</summary>
internal sealed record ModelVoter
{
    public int Flushed { get; init; }

    public bool Receives { get; init; } = true;

    public bool ConfigEmpty { get; init; }

    public bool StartupHasReadEmpty { get; init; }

    public bool Noted { get; init; }

    public bool NotedAsWithdrawn { get; init; }

    public bool Wanted { get; init; }

    public bool Emptied { get; init; }

    public bool Written { get; init; }

    public bool Withdrawn { get; init; }

    public bool? Taken { get; init; }

    public int? EndRead { get; init; }

    public ModelWrite? OnItsWay { get; init; }

    public int Version { get; init; }

    public int? Pledged { get; init; }

    public int Rounds { get; init; }

    public PledgeSight Sight => new() { Wanted = Wanted, Noted = Noted, NotedAsWithdrawn = NotedAsWithdrawn, Emptied = Emptied, Receives = Receives, Written = Written, Withdrawn = Withdrawn, Taken = Taken };

    /// <summary>The agent ends; its next run knows the note, and takes it for a pledge that may stand.</summary>
    public ModelVoter Restarted() => this with { Wanted = false, Emptied = Noted, Written = Noted, Withdrawn = false, Taken = null, EndRead = null };

    public string Key => string.Create(CultureInfo.InvariantCulture,
        $"{Flushed}{Bits()}{(Taken is { } t ? t ? 't' : 'f' : '-')}{(EndRead is { } e ? e : '-')}{(OnItsWay is { } w ? $"w{w.Version}{w.End}" : "")}v{Version}{(Pledged is { } p ? p : '-')}r{Rounds}");

    private char Bits() => (char)(64 + new[] { Receives, ConfigEmpty, StartupHasReadEmpty, Noted, NotedAsWithdrawn, Wanted, Emptied, Written, Withdrawn }.Select((b, i) => b ? 1 << i : 0).Sum());
}

/// <summary>
/// A primary that goes on, its voters, and a candidate. One row is written, whenever; so many reports acknowledge it. <see cref="Next"/> gives every state that can come next.
/// </summary>
internal sealed record PledgeWorld
{
    private const string Holder = "a";

    public required ImmutableArray<ModelVoter> Voters { get; init; }

    public required int Needed { get; init; }

    public PledgeFault Fault { get; init; }

    /// <summary>How often each voter pledges.</summary>
    public int Rounds { get; init; } = 1;

    /// <summary>How often an agent ends in all.</summary>
    public int Restarts { get; init; } = 1;

    /// <summary>The candidate reads and takes at different moments; writes arrive late, and answers are lost.</summary>
    public bool Slow { get; init; } = true;

    public int End { get; init; }

    public int Acknowledged { get; init; }

    /// <summary>What the candidate has read.</summary>
    public Revocation? Read { get; init; }

    /// <summary>The voters each of which has everything, by the sync record that the candidate wrote; null: nobody has taken the place.</summary>
    public SyncRecord? Taken { get; init; }

    public static string Name(int voter) => $"{(char)('b' + voter)}";

    /// <summary>Whoever is enough by the new sync record lacks what was acknowledged; null: nobody does.</summary>
    public string? Lost() => Taken is null ? null
        : Enumerable.Range(0, 1 << Voters.Length).Select(set => Enumerable.Range(0, Voters.Length).Where(v => (set & (1 << v)) != 0).ToArray())
            .Where(seen => Taken.IsProvenBy([.. seen.Select(Name)]) && seen.Select(v => Voters[v].Flushed).DefaultIfEmpty(0).Max() < Acknowledged).Select(seen => string.Join(' ', seen.Select(Name))).FirstOrDefault();

    /// <summary>What tells two states apart, but for the names of the voters.</summary>
    public string Key() => string.Create(CultureInfo.InvariantCulture,
        $"{End}{Acknowledged}{Restarts}{(Taken is null ? '-' : 't')}{(Read is null ? '-' : 'r')} {string.Join(' ', Voters.Select((v, i) => v.Key + Counted(Name(i))).Order(StringComparer.Ordinal))}");

    private string Counted(string name) => Taken?.Set.Voters.Contains(name) == true ? "t"
        : Read?.Pledges.FirstOrDefault(p => p.Pledge.Node == name) is { } read ? string.Create(CultureInfo.InvariantCulture, $"r{read.Revision}{read.Pledge.End}") : "";

    public IEnumerable<(string What, PledgeWorld World)> Next(Func<PledgeSight, PledgeStep> step)
    {
        if (End == 0)
            yield return ("a row is written", this with { End = 1 });
        for (var i = 0; i < Voters.Length; i++)
            foreach (var (what, voter) in OfServer(Voters[i]).Concat(OfAgent(Voters[i], step)))
                yield return ($"{Name(i)} {what}", With(i, voter));
        for (var i = 0; i < Voters.Length; i++)
            if (Restarts > 0 && (Voters[i].Noted || Voters[i].Wanted))
                yield return ($"the agent of {Name(i)} ends", With(i, Voters[i].Restarted()) with { Restarts = Restarts - 1 });
        foreach (var next in OfCandidate())
            yield return next;
    }

    private PledgeWorld With(int i, ModelVoter voter)
    {
        var voters = Voters.SetItem(i, voter);
        return this with { Voters = voters, Acknowledged = voters.Count(v => v.Flushed >= 1) >= Needed ? 1 : Acknowledged };
    }

    private IEnumerable<(string, ModelVoter)> OfServer(ModelVoter v)
    {
        if (v.Receives && v.Flushed < End)
            yield return ("flushes, and reports it", v with { Flushed = End }); // what is reported later is acknowledged later: that hides no loss
        if (!v.Receives && !v.StartupHasReadEmpty)
            yield return ("receives", v with { Receives = true });
        if (v.ConfigEmpty != v.StartupHasReadEmpty)
            yield return ("reads its settings", v with { StartupHasReadEmpty = v.ConfigEmpty });
        if (v.StartupHasReadEmpty && v.Pledged is not null && (!v.Noted || v.NotedAsWithdrawn || Fault == PledgeFault.NotNoted))
            yield return ("is pointed at the primary by a call", v with { ConfigEmpty = false, StartupHasReadEmpty = false });
    }

    private IEnumerable<(string, ModelVoter)> OfAgent(ModelVoter v, Func<PledgeSight, PledgeStep> step)
    {
        if (!v.Wanted && !v.Noted && v.Rounds < Rounds && Taken is null)
            yield return ("is to pledge", v with { Wanted = true, Emptied = false, Written = false, Withdrawn = false, Taken = null, EndRead = null, Rounds = v.Rounds + 1 });
        if (v.Wanted)
            yield return ("is to pledge no more", v with { Wanted = false });
        if (v.OnItsWay is { } write)
            yield return ("'s write arrives", (v with { OnItsWay = null }) is var without && write.Version == v.Version && Taken is null ? without with { Pledged = write.End, Version = v.Version + 1 } : without);
        if (Fault == PledgeFault.EndReadEarly && v is { Wanted: true, Noted: true, EndRead: null })
            yield return ("reads its end", v with { EndRead = v.Flushed });
        switch (step(v.Sight))
        {
            case PledgeStep.Note:
                yield return ("notes", v with { Noted = true });
                break;
            case PledgeStep.Empty:
                yield return ("empties", v with { ConfigEmpty = true, StartupHasReadEmpty = Fault != PledgeFault.ReloadIsProof || v.StartupHasReadEmpty, Emptied = true });
                break;
            case PledgeStep.EndReceiver:
                yield return ("ends its receiver", v with { Receives = false });
                break;
            case PledgeStep.Write:
                if (!Slow)
                    yield return ("writes, and it stands", v with { Pledged = v.EndRead ?? v.Flushed, Version = v.Version + 1, Written = true });
                else
                    yield return ("writes", v with { OnItsWay = new(v.Version, v.EndRead ?? v.Flushed), Written = true });
                break;
            case PledgeStep.Withdraw:
                var gone = v with { Pledged = null, Version = Fault == PledgeFault.Removed ? 0 : v.Version + 1 };
                yield return ("takes it back", gone with { Withdrawn = true });
                if (Slow && gone.Version < 3)
                    yield return ("takes it back, and hears nothing", gone);
                break;
            case PledgeStep.ReadRecord:
                yield return ("reads the record", v with { Taken = Taken is not null });
                break;
            case PledgeStep.NoteWithdrawn:
                yield return ("notes that it was taken back", v with { NotedAsWithdrawn = true });
                break;
            case PledgeStep.Restore:
                yield return ("follows again", v with { ConfigEmpty = false, StartupHasReadEmpty = false, Noted = false, NotedAsWithdrawn = false, Wanted = false });
                break;
        }
    }

    private IEnumerable<(string, PledgeWorld)> OfCandidate()
    {
        if (Taken is not null)
            yield break;
        var sync = new SyncRecord { Epoch = 1, Holder = Holder, Set = new(Voters.Select((_, i) => Name(i)), Needed + (Fault == PledgeFault.OneTooFew ? 1 : 0)) };
        var found = Revocation.Of(Record, 1, sync, 1, Voters.Select((v, i) => (v, i)).Where(p => p.v.Pledged is not null)
            .Select(p => new PledgeSeen(new() { Node = Name(p.i), Epoch = 2, Timeline = 1, End = (ulong)p.v.Pledged! }, p.v.Version)));
        if (Slow && found is not null && Read is null)
            yield return ("the candidate reads", this with { Read = found });
        if ((Slow ? Read : found) is { } read)
            yield return ("the candidate takes the place", Fault == PledgeFault.NotCompared || read.Pledges.All(p => Voters[p.Pledge.Node[0] - 'b'] is var v && v.Pledged is not null && v.Version == p.Revision)
                ? this with { Taken = read.After, Read = null } : this with { Read = null });
    }

    private static readonly PrimaryRecord Record = new()
    {
        Node = Holder, Epoch = 1, Boot = "b", Run = "r", Counter = 1, DMilliseconds = 8000, Since = DateTimeOffset.UnixEpoch, Timeline = 1, Revocable = true,
    };
}
