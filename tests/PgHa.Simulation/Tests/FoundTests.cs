using PgHa.Agent.Plans;
using PgHa.Client.Operations;

namespace PgHa.Simulation;

/// <summary>What the simulator has found, shrunk to the moves that are needed.</summary>
public sealed class FoundTests
{
    /// <summary>
    /// An agent died in a switchover, and was back while its disk was full: without its journal no operation begins, and the interrupted one
    /// was given up for that ("taking it up broke").
    /// </summary>
    [Fact]
    public void An_interrupted_operation_is_taken_up_when_its_disk_has_room_again()
    {
        Move[] moves =
        [
            At(1000, Moves.Call("n1", new Switchover("n1", StopOrder.PrimaryFirst) { By = SwitchoverForm.Promote })),
            At(60, Moves.KillAgent("n1", 100)),
            At(0, Moves.Disk("n1", 9000)),
        ];
        OperationReport[] operations = [];
        var outcome = new Schedule(1, 2, moves).Play(trace: true, mended: field => operations = [.. field["n1"].Agent!.Store.All]);
        Assert.True(outcome.Finding is null, outcome.Finding + string.Join('\n', outcome.Trace));
        Assert.Contains(operations, o => o.State == OperationState.Interrupted);
        Assert.All(operations.Where(o => o.State == OperationState.Interrupted), o => Assert.True(o.Recovery?.State is RecoveryState.Completed or RecoveryState.Undone, $"{o.Recovery}"));
    }

    /// <summary>A stop that came once more, late, stopped the node that its own operation had made primary since. An order is carried out once.</summary>
    [Theory]
    [InlineData(SwitchoverForm.Restart, StopOrder.StandbysFirst), InlineData(SwitchoverForm.Restart, StopOrder.PrimaryFirst), InlineData(SwitchoverForm.Promote, StopOrder.PrimaryFirst)]
    public void An_order_that_comes_twice_is_carried_out_once(SwitchoverForm form, StopOrder order)
    {
        foreach (var late in Enumerable.Range(1, 24).Select(i => TimeSpan.FromMilliseconds(i * 60)))
        {
            Move[] moves = [At(1000, Moves.Call("n3", new Switchover("n3", order) { By = form }))];
            var outcome = new Schedule(1, 3, moves).Play(trace: true, begun: field => field.Network.Repeats = step => step.Checks ? null : late);
            Assert.True(outcome.Finding is null, outcome.Finding + string.Join('\n', outcome.Trace));
            Assert.Contains(outcome.Trace, line => line.Contains("Done: switch over", StringComparison.Ordinal));
        }
    }

    /// <summary>A switchover to a node that was told to become primary, and was not yet, was done at once: the node was in recovery still.</summary>
    [Fact]
    public void A_switchover_is_done_when_its_target_is_primary_and_not_when_it_was_told()
    {
        var begun = 0;
        foreach (var after in Enumerable.Range(10, 20).Select(i => i * 20))
        {
            Move[] moves =
            [
                At(0, Moves.SlowPromotion("n3", 9000, closed: false)),
                At(300, Moves.Call("n2", new Switchover("n2", StopOrder.PrimaryFirst, "n3") { By = SwitchoverForm.Promote })),
                At(after, Moves.KillAgent("n3", 1100)),
                At(1300, Moves.Call("n1", new Switchover("n1", StopOrder.PrimaryFirst, "n3") { By = SwitchoverForm.Promote })),
            ];
            var outcome = new Schedule(325, 3, moves).Play(trace: true);
            Assert.True(outcome.Finding is null, outcome.Finding + string.Join('\n', outcome.Trace));
            begun += outcome.Trace.Count(line => line.Contains("n1         begun: switch over to n3", StringComparison.Ordinal));
        }
        Assert.NotEqual(0, begun);
    }

    /// <summary>
    /// Force answered for a primary whose agent was away, and that ran on: a standby still received from it when it was pointed at the new primary,
    /// on the same timeline, and streamed on with WAL that the new primary does not have.
    /// </summary>
    [Fact]
    public void A_standby_is_not_pointed_at_a_primary_whose_WAL_is_another()
    {
        foreach (var seed in Enumerable.Range(1, 60))
        {
            Move[] moves = [At(1000, Moves.KillAgent("n1", 3400)), At(250, Moves.Call("n3", new StartAll("n3"), force: true))];
            var outcome = new Schedule(seed, 3, moves).Play(trace: true);
            Assert.True(outcome.Finding is null, outcome.Finding + string.Join('\n', outcome.Trace));
        }
    }

    /// <summary>
    /// A failover had promoted its target when the agent of a third node was lost. Somebody stopped the target before the failover was taken up: that
    /// failed, and undoing it took standby.signal away from the old primary, although the target had written.
    /// </summary>
    [Fact]
    public void What_is_taken_up_does_not_undo_a_demotion_after_a_promotion()
    {
        foreach (var after in Enumerable.Range(0, 60).Select(i => 60 + (i * 3)))
        {
            Move[] moves =
            [
                At(200, Moves.StartsAgain("n1", 5600)),
                At(100, Moves.KillServer("n1")),
                At(500, Moves.Call("n3", new Failover("n3", FailoverForm.Promote))),
                At(after, Moves.KillAgent("n2", 2100)),
                At(260, Moves.StopByHand("n3")),
            ];
            var outcome = new Schedule(after, 3, moves).Play(trace: true);
            Assert.True(outcome.Finding is null, outcome.Finding + string.Join('\n', outcome.Trace));
        }
    }

    /// <summary>
    /// Force answered for a primary whose agent was away, and that ran on and archived: a standby got its WAL from the archive at its start, and streamed on
    /// from the new primary over it, on the same timeline.
    /// </summary>
    [Fact]
    public void A_standby_does_not_stream_on_over_WAL_that_the_archive_has_of_another_primary()
    {
        Move[] moves =
        [
            At(1504, Moves.KillServer("n2")),
            At(12, Moves.Call("n3", new StartAll("n3"), force: true)),
            At(3, Moves.KillAgent("n1", 3888)),
            At(2595, Moves.StopByHand("n1")),
        ];
        foreach (var seed in Enumerable.Range(1, 60))
        {
            var outcome = new Schedule(seed, 3, moves) { Archives = true }.Play(trace: true);
            Assert.True(outcome.Finding is null, outcome.Finding + string.Join('\n', outcome.Trace));
        }
    }

    /// <summary>
    /// A switchover was interrupted, and taken up on its agent by an operation that was interrupted, too; then the agent was told to do something else, and ended. Its next
    /// run concluded the first one twice, and broke there.
    /// </summary>
    [Fact]
    public void An_interrupted_operation_that_took_up_another_is_concluded_with_it_once()
    {
        foreach (var end in Enumerable.Range(0, 40).Select(i => 320 + (i * 4)))
        {
            Move[] moves =
            [
                At(0, Moves.SlowPromotion("n2", 4994, closed: false)),
                At(367, Moves.Call("n1", new Switchover("n1", StopOrder.PrimaryFirst, "n2") { By = SwitchoverForm.Promote })),
                At(2308, Moves.KillAgent("n2", 1248)),
                At(1939, Moves.Disk("n1", 521)),
                At(120, Moves.StopByHand("n2")),
                At(4113, Moves.Call("n1", new StartAll("n1"))),
                At(end, Moves.KillAgent("n1", 201)),
            ];
            var outcome = new Schedule(8460, 2, moves).Play(trace: true);
            Assert.True(outcome.Finding is null, outcome.Finding + string.Join('\n', outcome.Trace));
        }
    }

    /// <summary>An agent ended between the end of an operation and what that makes of the one it had taken up: that one stayed open for ever.</summary>
    [Fact]
    public void An_operation_that_was_taken_up_to_its_end_is_concluded_by_the_next_run_of_the_agent()
    {
        foreach (var end in Enumerable.Range(0, 60).Select(i => 3760 + i))
        {
            Move[] moves =
            [
                At(104, Moves.Call("n2", new Switchover("n2", StopOrder.StandbysFirst, "n1"))),
                At(580, Moves.Call("n1", new Switchover("n1", StopOrder.PrimaryFirst, "n2") { By = SwitchoverForm.Restart })),
                At(335, Moves.KillAgent("n1", 2621)),
                At(end, Moves.KillAgent("n1", 2760)),
            ];
            var outcome = new Schedule(1326, 2, moves).Play(trace: true);
            Assert.True(outcome.Finding is null, outcome.Finding + string.Join('\n', outcome.Trace));
        }
    }

    /// <summary>
    /// A supervisor started a server in recovery while standby.signal was being taken away for a start as primary: each call that makes it primary had nothing to do, failed, and told to
    /// repeat it. Here the file is removed under a standby that runs.
    /// </summary>
    [Fact]
    public void A_server_that_stays_in_recovery_without_its_signal_becomes_primary_by_the_calls_that_the_hint_names()
    {
        Move[] moves =
        [
            At(1000, Moves.Call("n1", new StopNode("n1"))),
            At(2000, Moves.SignalGone("n2")),
            At(500, Moves.Call("n2", new Failover("n2", FailoverForm.Promote))),
        ];
        var outcome = new Schedule(48532, 2, moves).Play(trace: true);
        Assert.True(outcome.Finding is null, outcome.Finding + string.Join('\n', outcome.Trace));
        Assert.Contains(outcome.Trace, line => line.Contains("though standby.signal is not there", StringComparison.Ordinal));
    }

    private static Move At(int after, (string Words, Action<Field> Play) move) => new(TimeSpan.FromMilliseconds(after), move.Words, move.Play);
}
