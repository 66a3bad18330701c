using PgHa.Agent.Configuration;

namespace PgHa.Simulation;

/// <summary>What the simulator has found where commits wait for standbys, shrunk to the moves that are needed.</summary>
public sealed class FoundSyncTests
{
    /// <summary>
    /// An old primary was back, and could not rejoin, because etcd was gone. The record was made again, and named it, the first one in the configuration, as the last primary: as the only node with
    /// everything. What its successor had acknowledged was to be given up by name, or nobody served.
    /// </summary>
    [Fact]
    public void A_record_that_is_made_again_names_the_last_of_two_primaries()
    {
        Move[] moves = [At(3000, Moves.Isolate("n1", ["n2", "n3", SimEtcd.Name], 25000)), At(16000, Moves.EtcdLost(0, 10000, 3000))];
        var outcome = Play(new(1, 3, moves) { D = TimeSpan.FromSeconds(6), Sync = SyncMode.Quorum });
        Assert.Contains(outcome.Trace, line => line.Contains("record recreate: epoch", StringComparison.Ordinal));
    }

    /// <summary>
    /// The checkpointer was busy when commits were to wait for the first time: it tells the sessions, and a new connection shows the setting before. What was acknowledged meanwhile was on the primary
    /// alone, and the sync record said otherwise.
    /// </summary>
    [Fact]
    public void A_standby_is_relied_on_only_when_all_sessions_wait()
    {
        var late = 0;
        for (var seed = 200; seed < 240; seed++)
            late += Play(new(seed, 3, [At(500, Moves.Isolate("n1", ["n2", "n3", SimEtcd.Name], 17000))]) { D = TimeSpan.FromSeconds(3), Sync = SyncMode.On })
                .Trace.Count(line => line.Contains("has told its sessions that commits wait", StringComparison.Ordinal) && Second(line) is > 2 and < 12);
        Assert.NotEqual(0, late);
    }

    /// <summary>
    /// n1 was promoted for a moment, and n2 after it without it: a fork. Then n2 was lost. A node that has just taken the record did not know yet that it holds it when it was judged, and each attempt
    /// to promote it reserved a timeline: the fork did not count as left behind, and nobody served, for ever.
    /// </summary>
    [Fact]
    public void What_was_left_behind_stays_so_after_attempts_that_failed() => Play(Schedule.OfAutomatic(172756));

    /// <summary>The same where the node that had reserved the next timeline was lost before it made it: the record says that it may have been made, and it is on no node.</summary>
    [Fact]
    public void What_was_left_behind_stays_so_where_the_next_timeline_was_never_made() => Play(Schedule.OfAutomatic(723496));

    private static double Second(string line) => double.Parse(line[..9], System.Globalization.CultureInfo.InvariantCulture);

    private static Outcome Play(Schedule schedule)
    {
        var outcome = schedule.Play(trace: true);
        Assert.True(outcome.Finding is null, outcome.Finding + string.Join('\n', outcome.Trace));
        return outcome;
    }

    private static Move At(int after, (string Words, Action<Field> Play) move) => new(TimeSpan.FromMilliseconds(after), move.Words, move.Play);
}
