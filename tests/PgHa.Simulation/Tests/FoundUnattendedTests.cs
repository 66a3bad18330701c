namespace PgHa.Simulation;

/// <summary>What the simulator has found in automatic failover, shrunk to the moves that are needed.</summary>
public sealed class FoundUnattendedTests
{
    /// <summary>
    /// A standby had taken the record, and was stopped so that its WAL could be completed from another one. That one was lost, and the rules started the server that they
    /// held the record for: as primary, on the timeline of the old one, which had more WAL on it.
    /// </summary>
    [Fact]
    public void A_standby_that_holds_the_record_is_not_started_as_primary()
    {
        var trace = Schedule.OfAutomatic(1163).Play(trace: true).Trace.ToList();
        var begun = trace.FindIndex(line => line.Contains("begins: complete the WAL of n3", StringComparison.Ordinal));
        Assert.True(begun >= 0, "what is drawn has changed: another seed shows it");
        Assert.Contains("in recovery", trace.Skip(begun).First(line => line.Contains("n3         server starts", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    /// <summary>The primary was lost while an old one was rewound to it: what was left could not be started, rewound, or (as the hint said) cloned, for ever.</summary>
    [Fact]
    public void A_rewind_that_broke_off_is_finished_by_a_copy()
    {
        var broken = 0;
        foreach (var lost in Enumerable.Range(0, 30).Select(i => 19100 + (i * 60)))
        {
            Move[] moves = [At(3000, Moves.Isolate("n1", ["n2", "n3", SimEtcd.Name], 19045)), At(lost, Moves.Isolate("n3", ["n1", "n2", SimEtcd.Name], 13743))];
            var outcome = Play(1376, moves);
            broken += outcome.Trace.Count(line => line.Contains("a rewind of it did not finish", StringComparison.Ordinal));
        }
        Assert.NotEqual(0, broken);
    }

    /// <summary>
    /// All had crashed. A former primary took the record, replayed the WAL of its successor from a standby, and went on writing on that successor's timeline, on which the
    /// successor held more: two lines with one timeline, which pg_rewind takes for one.
    /// </summary>
    [Fact]
    public void A_former_primary_that_replays_anothers_WAL_is_promoted()
    {
        var outcome = Schedule.Usual(2833).Schedule.Play(trace: true);
        Assert.True(outcome.Finding is null, outcome.Finding);
        var replayed = outcome.Trace.ToList().FindIndex(line => line.Contains("ended: let n1 replay all its WAL", StringComparison.Ordinal));
        Assert.True(replayed >= 0, "what is drawn has changed: another seed shows it");
        Assert.Contains("promote n1", outcome.Trace.Skip(replayed).First(line => line.Contains("begins: promote", StringComparison.Ordinal) || (line.Contains("begins:", StringComparison.Ordinal) && line.Contains("as primary", StringComparison.Ordinal))), StringComparison.Ordinal);
    }

    /// <summary>Two nodes were promoted in turn, each without the other. The server of the second crashed, and was not started again, because the WAL of the first had forked.</summary>
    [Fact]
    public void A_holder_is_started_again_although_another_node_was_left_behind()
    {
        var outcome = Schedule.Usual(4654).Schedule.Play(trace: true);
        Assert.True(outcome.Finding is null, outcome.Finding);
        Assert.True(outcome.Trace.Any(line => line.Contains("n1 serves (epoch 3, timeline 3)", StringComparison.Ordinal)), "what is drawn has changed: another seed shows it");
    }

    /// <summary>A server was stopped for longer than failover.hang_after, and promoted. It had not been asked for a sign of life yet, and was killed as one that hangs.</summary>
    [Fact]
    public void A_server_that_was_just_promoted_does_not_hang()
    {
        var outcome = Schedule.OfAutomatic(1020).Play(trace: true);
        Assert.True(outcome.Finding is null, outcome.Finding);
        Assert.True(outcome.Trace.Any(line => line.Contains("stops of the server of n3 take 10441 ms", StringComparison.Ordinal)), "what is drawn has changed: another seed shows it");
    }

    /// <summary>The record was ended for manual mode, and etcd's answers were lost. The guard rests when that is seen, and so must the agent: a person decides.</summary>
    [Fact]
    public void A_deadline_of_before_ends_no_server_in_manual_mode()
    {
        Move[] moves = [At(3000, ("no answer of etcd reaches n1 for 5000 ms", Deafen)), At(50, Moves.ByHand(25000))];
        var outcome = new Schedule(3, 3, moves) { D = TimeSpan.FromSeconds(6) }.Play(trace: true);
        Assert.True(outcome.Finding is null, outcome.Finding);
        Assert.Contains(outcome.Trace, line => line.Contains("ended for manual mode", StringComparison.Ordinal));
        Assert.DoesNotContain(outcome.Trace, line => line.Contains("server is killed", StringComparison.Ordinal));
    }

    /// <summary>
    /// A renewal was sent while etcd was out, and reached an empty etcd that had been put in its place, in which the record had been made again. Revisions count from 1 in each etcd: the one that it
    /// compared with was that of the new primary's record, and the record went back to the old primary's turn.
    /// </summary>
    [Fact]
    public void A_renewal_that_is_long_on_its_way_replaces_nothing_in_another_etcd()
    {
        var outcome = Schedule.OfAutomatic(3905).Play(trace: true);
        Assert.True(outcome.Finding is null, outcome.Finding);
        Assert.True(outcome.Trace.Any(line => line.Contains("n3 serves (epoch 3, timeline 2)", StringComparison.Ordinal)), "what is drawn has changed: another seed shows it");
    }

    /// <summary>A guard was killed, and its agent stopped before it said the next deadline: nothing ended the server when the deadline passed.</summary>
    [Fact]
    public void A_guard_that_ends_is_replaced_at_once()
    {
        for (var killed = 3000; killed < 4300; killed += 100)
        {
            var outcome = Play(818686, [At(killed, Moves.KillGuard("n1")), At(300, Moves.FreezeAgent("n1", 20000))]);
            Assert.Contains(outcome.Trace, line => line.Contains("n1/guard   the deadline has passed", StringComparison.Ordinal));
        }
    }

    private static void Deafen(Field field)
    {
        field.Network.Cut(SimEtcd.Name, "n1");
        field.Later(5000, () => field.Network.Mend(SimEtcd.Name, "n1"));
    }

    private static Outcome Play(int seed, Move[] moves)
    {
        var outcome = new Schedule(seed, 3, moves) { D = TimeSpan.FromSeconds(8) }.Play(trace: true);
        Assert.True(outcome.Finding is null, outcome.Finding + string.Join('\n', outcome.Trace));
        return outcome;
    }

    private static Move At(int after, (string Words, Action<Field> Play) move) => new(TimeSpan.FromMilliseconds(after), move.Words, move.Play);
}
