using System.Collections.Immutable;
using System.Text;
using PgHa.Agent.Leadership;

namespace PgHa.Agent.Tests.Leadership;

/// <summary>A WAL sender of the primary: the setting that it uses, and the flush that its standby has reported.</summary>
internal sealed record ModelSender(SyncSet Setting, int Reported);

/// <summary>What the agent of the primary remembers, and what it is about to do.</summary>
internal sealed record ModelAgent(SyncProof Proof, SyncStep? Due, bool Stale)
{
    public static ModelAgent New { get; } = new(SyncProof.Of(SyncSet.None), null, false);
}

/// <summary>What an agent can do wrong, beside taking the wrong step.</summary>
internal enum ModelFault
{
    None,

    /// <summary>SHOW is taken for a proof that the WAL senders have the setting.</summary>
    ShowIsProof,

    /// <summary>What a standby had flushed counts, although the record was changed since.</summary>
    OldLevel,

    /// <summary>A standby is replaced while it counts.</summary>
    ReplacedVoter,

    /// <summary>A new primary begins with the voters of the one before.</summary>
    TakesOverTheVoters,
}

/// <summary>
/// A cluster as far as synchronous replication goes: how much WAL each node has flushed, which setting each WAL sender of the primary uses, what was acknowledged, what stands in etcd.
/// Positions are small numbers. <see cref="Next"/> gives every state that can come next, whatever happens.
/// </summary>
internal sealed record SyncWorld
{
    private const int Spread = 2;

    public required int Primary { get; init; }

    public required ImmutableArray<int> Flushed { get; init; }

    public required ImmutableArray<ModelSender?> Senders { get; init; }

    /// <summary>What a new connection shows.</summary>
    public required SyncSet Setting { get; init; }

    /// <summary>Where the WAL ended when that was ordered: who has not read it yet can only have heard of WAL before.</summary>
    public int OrderedAt { get; init; }

    public int Acknowledged { get; init; }

    public SyncRecord? Record { get; init; }

    public ModelAgent Agent { get; init; } = ModelAgent.New;

    /// <summary>Nodes that parted from the primary's line: they stream only after they were rewound.</summary>
    public ImmutableSortedSet<int> Parted { get; init; } = [];

    public int TakeOvers { get; init; }

    /// <summary>Voters pledge, and their pledges take the place.</summary>
    public bool Revokes { get; init; }

    /// <summary>Who had pledged when the place was taken, and the most that one of them had; null: it was not.</summary>
    public (ImmutableSortedSet<int> Pledgers, int Most)? Revoked { get; init; }

    /// <summary>What is done wrong beside the steps; None: nothing.</summary>
    public ModelFault Fault { get; init; }

    private int End => Flushed[Primary];

    public static string Name(int node) => $"{(char)('a' + node)}";

    private string[] Others => [.. Enumerable.Range(0, Flushed.Length).Where(n => n != Primary).Select(Name)];

    /// <summary>A cluster whose primary serves: commits wait for these, and the record says so; null: they wait for nobody, and there is none.</summary>
    public static SyncWorld Of(int nodes, SyncSet? set = null) => new()
    {
        Primary = 0,
        Flushed = [.. new int[nodes]],
        Senders = [.. Enumerable.Range(0, nodes).Select(n => n == 0 ? null : new ModelSender(set ?? SyncSet.None, 0))],
        Setting = set ?? SyncSet.None,
        Record = set is null ? null : new() { Epoch = 1, Holder = Name(0), Set = set },
    };

    /// <summary>Nodes that could elect one of them, and of which none has what was acknowledged; null: there are none.</summary>
    public string? Lost()
    {
        if (Revoked is var (pledgers, most))
            return Acknowledged > most ? $"pledgers {string.Join(' ', pledgers.Select(Name))}" : null; // the old primary goes on
        if (Record is null)
            return null; // nothing is promised yet
        for (var set = 1; set < 1 << Flushed.Length; set++)
        {
            var seen = In(set).ToArray();
            if (Record.IsProvenBy([.. seen.Select(Name)]) && seen.Max(n => Flushed[n]) < Acknowledged)
                return string.Join(' ', seen.Select(Name));
        }
        return null;
    }

    public IEnumerable<(string What, SyncWorld World)> Next(Func<SyncSight, SyncStep> step, IReadOnlyList<SyncSet> wanted, int takeOvers) =>
        Writes().Concat(OfStandbys()).Concat(OfAgent(step, wanted)).Concat(Revoked is null && TakeOvers < takeOvers ? TakesOver() : [])
            .Concat(Revokes && Revoked is null ? IsRevoked() : []).Select(n => (n.Item1, n.Item2.Normal()));

    private static IEnumerable<int> In(int set) => Enumerable.Range(0, 8).Where(n => (set & (1 << n)) != 0);

    private IEnumerable<(string, SyncWorld)> Writes() => End < Spread ? [("a row is written", this with { Flushed = Flushed.SetItem(Primary, End + 1) })] : [];

    private IEnumerable<(string, SyncWorld)> OfStandbys()
    {
        for (var i = 0; i < Flushed.Length; i++)
        {
            if (i == Primary)
                continue;
            var name = Name(i);
            var pledged = Revoked?.Pledgers.Contains(i) == true;
            if (Senders[i] is not { } sender)
            {
                if (pledged)
                    continue;
                if (!Parted.Contains(i))
                    yield return ($"{name} streams", this with { Senders = Senders.SetItem(i, new(Setting, -1)) });
                yield return ($"{name} is replaced", this with
                {
                    Record = Fault == ModelFault.ReplacedVoter ? Record : Record?.Without(name),
                    Flushed = Flushed.SetItem(i, 0),
                    Parted = Parted.Remove(i),
                    Agent = Agent with { Stale = true },
                });
                continue;
            }
            yield return ($"{name} goes", this with { Senders = Senders.SetItem(i, null) });
            for (var to = Flushed[i] + 1; to <= End && !pledged; to++)
                yield return ($"{name} flushes {to}", this with { Flushed = Flushed.SetItem(i, to) });
            if (Flushed[i] > sender.Reported || sender.Setting != Setting)
            {
                yield return ($"{name} reports {Flushed[i]}", Reports(i, Setting));
                if (sender.Setting != Setting && Flushed[i] <= OrderedAt)
                    yield return ($"{name} reports {Flushed[i]}, by the old setting", Reports(i, sender.Setting));
            }
        }
    }

    /// <summary>As SyncRepReleaseWaiters: by the setting of this WAL sender, over all that count by their own.</summary>
    private SyncWorld Reports(int node, SyncSet setting)
    {
        var senders = Senders.SetItem(node, new(setting, Flushed[node]));
        var counted = senders.Select((s, n) => (Sender: s, Name: Name(n))).Where(s => s.Sender is { Reported: >= 0 } && s.Sender.Setting.Voters.Contains(s.Name)).Select(s => s.Sender!.Reported)
            .OrderDescending().ToArray();
        return this with
        {
            Senders = senders,
            Acknowledged = setting.Needed == 0 ? Acknowledged
                : setting.Voters.Contains(Name(node)) && counted.Length >= setting.Needed ? Math.Max(Acknowledged, counted[setting.Needed - 1]) : Acknowledged,
        };
    }

    private IEnumerable<(string, SyncWorld)> OfAgent(Func<SyncSight, SyncStep> step, IReadOnlyList<SyncSet> wanted)
    {
        if (Setting.Needed == 0 && Acknowledged < End)
            yield return ("commits wait for nobody", this with { Acknowledged = End });
        if (Agent != ModelAgent.New)
            yield return ("the agent ends", this with { Agent = ModelAgent.New });
        if (Agent.Due is { } due)
            yield return ($"does {due}", Does(due));
        SyncSender[] senders = [.. Senders.Select((s, n) => (s, n)).Where(s => s.s is not null)
            .Select(s => new SyncSender(Name(s.n), (ulong)Math.Max(0, s.s!.Reported), s.s.Setting.Voters.Contains(Name(s.n))))];
        var proof = Agent.Proof.After(Setting, Agent.Stale && Fault != ModelFault.OldLevel ? 1 : 0, senders);
        if (Fault == ModelFault.ShowIsProof)
            proof = proof with { Proven = true };
        foreach (var want in wanted.Where(w => !w.Voters.Contains(Name(Primary))))
        {
            var sight = new SyncSight { Node = Name(Primary), Epoch = 1 + TakeOvers, Record = Record, InForce = Setting, Wanted = want, Proven = proof.Proven, Level = proof.LevelOf(senders) };
            var next = step(sight);
            if ((next is SyncStep.Prove && proof.Marker is null) || (next is SyncStep.Await && proof.Level is null))
            {
                var end = (ulong)End + 1;
                if (End < Spread)
                    yield return ("marks", this with { Flushed = Flushed.SetItem(Primary, End + 1), Agent = new(next is SyncStep.Prove ? proof with { Marker = end } : proof with { Level = (0, end) }, null, false) });
            }
            else if (next is not (SyncStep.None or SyncStep.Await or SyncStep.Prove) || proof != Agent.Proof)
                yield return ($"wants {want}: {next}", this with { Agent = new(proof, next is SyncStep.Write or SyncStep.Order ? next : null, false) });
        }
    }

    /// <summary>What was decided on is done, however late. A record that was replaced since refuses; PostgreSQL does not.</summary>
    private SyncWorld Does(SyncStep due) => due switch
    {
        SyncStep.Write when Agent.Stale => this with { Agent = Agent with { Due = null } },
        SyncStep.Write write => this with { Record = write.Record, Agent = Agent with { Due = null, Stale = true } },
        SyncStep.Order order => this with { Setting = order.Setting, OrderedAt = End, Agent = Agent with { Due = null } },
        _ => this,
    };

    /// <summary>The primary is lost, or hands over. Of those that can be seen the one with the most WAL takes its place, if they prove that none is missing.</summary>
    private IEnumerable<(string, SyncWorld)> TakesOver()
    {
        if (Record is null)
            yield break;
        for (var set = 1; set < 1 << Flushed.Length; set++)
        {
            var seen = In(set).ToArray();
            if (!Record.IsProvenBy([.. seen.Select(Name)]))
                continue;
            var most = seen.Max(n => Flushed[n]);
            foreach (var chosen in seen.Where(n => Record.Holder != Name(n) || n != Primary))
                yield return ($"{Name(chosen)} takes over, {string.Join(' ', seen.Select(Name))} seen", TakenOver(chosen, most));
        }
    }

    /// <summary>Enough voters receive nothing any more, and one of them has taken the place: the old primary does not know it yet.</summary>
    private IEnumerable<(string, SyncWorld)> IsRevoked()
    {
        if (Record is not { GivenUp: false, Set.Needed: > 0 } || Record.Holder != Name(Primary) || Record.Epoch != 1 + TakeOvers)
            yield break;
        for (var set = 1; set < 1 << Flushed.Length; set++)
        {
            var pledgers = In(set).Where(n => Record.Set.Voters.Contains(Name(n)) && !Parted.Contains(n)).ToImmutableSortedSet();
            if (pledgers.SequenceEqual(In(set)) && Record.Set.IsMetBy([.. pledgers.Select(Name)]))
                yield return ($"{string.Join(' ', pledgers.Select(Name))} pledge, and one takes the place", this with
                {
                    Revoked = (pledgers, pledgers.Max(n => Flushed[n])),
                    Record = Record with { Epoch = Record.Epoch + 1 },
                    Agent = Agent with { Stale = true },
                });
        }
    }

    private SyncWorld TakenOver(int chosen, int most)
    {
        var others = Enumerable.Range(0, Flushed.Length).Where(n => n != chosen).ToArray();
        return this with
        {
            Primary = chosen,
            Flushed = Flushed.SetItem(chosen, most),
            Senders = [.. Flushed.Select(_ => (ModelSender?)null)],
            Setting = new([.. others.Select(Name)], 1),
            OrderedAt = 0,
            Record = SyncRecord.Begin(Record, Name(chosen), 2 + TakeOvers, others.Select(Name)) is var begun && Fault == ModelFault.TakesOverTheVoters ? begun with { Set = Record!.Set.Without(Name(chosen)) } : begun,
            Agent = ModelAgent.New,
            Parted = [.. others.Where(n => Flushed[n] > most || Parted.Contains(n))],
            TakeOvers = TakeOvers + 1,
        };
    }

    /// <summary>The same with positions as small as they can be: what lies further behind than anything that is compared with it makes no difference.</summary>
    private SyncWorld Normal()
    {
        var current = Senders.All(s => s is null || s.Setting == Setting);
        int[] compared = [Acknowledged, .. Revoked is { } revoked ? [revoked.Most] : (int[])[], .. current ? [] : (int[])[OrderedAt],
            .. Agent.Proof is { Marker: { } m, Proven: false } ? [(int)m] : (int[])[], .. Agent.Proof.Level is { } l ? [(int)l.Position] : (int[])[]];
        var by = Math.Max(0, compared.Min() - 1);
        int Less(int position) => Math.Max(0, position - by);
        return this with
        {
            Flushed = [.. Flushed.Select(Less)],
            Senders = [.. Senders.Select(s => s is null || s.Reported < 0 ? s : s with { Reported = Less(s.Reported) })],
            OrderedAt = current ? 0 : Less(OrderedAt),
            Revoked = Revoked is var (pledgers, most) ? (pledgers, Less(most)) : null,
            Acknowledged = Less(Acknowledged),
            Agent = Agent with
            {
                Proof = Agent.Proof with
                {
                    Marker = Agent.Proof switch { { Proven: true } => 0, { Marker: { } marker } => (ulong)Less((int)marker), _ => null },
                    Level = Agent.Proof.Level is var (_, position) && !(Agent.Stale && Agent.Due is null && Fault != ModelFault.OldLevel) ? (0, (ulong)Less((int)position)) : null,
                },
                Stale = Agent.Stale && Agent.Due is not null,
            },
        };
    }

    /// <summary>What tells two states apart.</summary>
    public string Key()
    {
        var key = new StringBuilder(64).Append((char)Primary).Append((char)OrderedAt).Append((char)Acknowledged).Append((char)TakeOvers).Append((char)Parted.Sum(n => 1 << n)).Append(Agent.Stale ? 's' : '-');
        if (Revoked is var (pledgers, most))
            key.Append('r').Append((char)pledgers.Sum(n => 1 << n)).Append((char)most).Append((char)(Record?.Epoch ?? 0));
        foreach (var flushed in Flushed)
            key.Append((char)flushed);
        foreach (var sender in Senders)
            key.Append(sender is null ? '-' : (char)(sender.Reported + 1)).Append(sender is null ? '-' : Number(sender.Setting));
        Append(key.Append(Number(Setting)), Record);
        key.Append(Number(Agent.Proof.Setting)).Append((char)((Agent.Proof.Marker ?? 90) + 1)).Append(Agent.Proof.Proven ? 'p' : '-').Append((char)((Agent.Proof.Level?.Position ?? 90) + 1));
        if (Agent.Due is SyncStep.Order order)
            key.Append('o').Append(Number(order.Setting));
        else if (Agent.Due is SyncStep.Write write)
            Append(key.Append('w'), write.Record);
        return key.ToString();
    }

    private static void Append(StringBuilder key, SyncRecord? record) => key.Append(record is null ? '-' : record.Holder[0]).Append((char)(record?.Epoch ?? 0)).Append(record is null ? '-' : Number(record.Set));

    private static char Number(SyncSet set)
    {
        if (!Numbers.TryGetValue(set, out var number))
            Numbers[set] = number = (char)(100 + Numbers.Count);
        return number;
    }

    [ThreadStatic]
    private static Dictionary<SyncSet, char>? _numbers;

    private static Dictionary<SyncSet, char> Numbers => _numbers ??= [];
}
