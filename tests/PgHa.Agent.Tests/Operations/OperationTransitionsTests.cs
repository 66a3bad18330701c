using System.Text.RegularExpressions;
using PgHa.Agent.Operations;
using PgHa.Client.Operations;
using static PgHa.Agent.Operations.OperationEvent;

namespace PgHa.Agent.Tests.Operations;

/// <summary>Every state with every event: what is not listed here cannot happen.</summary>
[Trait("Category", "Fast")]
public partial class OperationTransitionsTests
{
    private static readonly OperationStanding Running = new(OperationState.Running);
    private static readonly OperationStanding Waiting = new(OperationState.Waiting);
    private static readonly OperationStanding Interrupted = new(OperationState.Interrupted);
    private static readonly OperationStanding[] Recovering = [Interrupted, new(OperationState.Interrupted, RecoveryState.Waiting), new(OperationState.Interrupted, RecoveryState.Running)];

    private static readonly Dictionary<(OperationStanding?, OperationEvent), OperationStanding> Table = new()
    {
        [(null, Begun)] = Running,
        [(null, Shown)] = new(OperationState.Done),
        [(Running, WaitsForOperator)] = Waiting,
        [(Running, ReachedGoal)] = new(OperationState.Done),
        [(Running, OperationEvent.Failed)] = new(OperationState.Failed),
        [(Running, WasUndone)] = new(OperationState.Undone),
        [(Running, Broke)] = new(OperationState.Failed),
        [(Running, LostAgent)] = Interrupted,
        [(Running, AgentEnded)] = Interrupted,
        [(Waiting, GoesOn)] = Running,
        [(Waiting, Broke)] = new(OperationState.Failed),
        [(Waiting, AgentEnded)] = Interrupted,
    };

    static OperationTransitionsTests()
    {
        foreach (var from in Recovering)
        {
            Table[(from, AgentEnded)] = from;
            Table[(from, Broke)] = new(OperationState.Failed, from.Recovery);
            Table[(from, RecoveryWaits)] = new(OperationState.Interrupted, RecoveryState.Waiting);
            Table[(from, RecoveryBegun)] = new(OperationState.Interrupted, RecoveryState.Running);
            Table[(from, RecoveryCompleted)] = new(OperationState.Interrupted, RecoveryState.Completed);
            Table[(from, RecoveryUndid)] = new(OperationState.Interrupted, RecoveryState.Undone);
            Table[(from, RecoveryGaveUp)] = new(OperationState.Interrupted, RecoveryState.Reported);
        }
    }

    private static IEnumerable<OperationStanding?> Standings() =>
        [null, .. Enum.GetValues<OperationState>().SelectMany(s => Enum.GetValues<RecoveryState>().Cast<RecoveryState?>().Prepend(null).Select(r => (OperationStanding?)new OperationStanding(s, r)))];

    [Fact]
    public void Each_event_leads_from_each_state_where_the_table_says_and_nowhere_else()
    {
        foreach (var from in Standings())
            foreach (var what in Enum.GetValues<OperationEvent>())
            {
                var expected = Table.TryGetValue((Plain(from), what), out var to) ? to : (OperationStanding?)null;
                if (Plain(from) == from)
                    Assert.Equal(expected, OperationTransitions.Next(from, what));
                if (from is { } standing && expected is null && Plain(from) == from)
                {
                    Assert.Throws<InvalidOperationException>(() => OperationTransitions.Apply(Report(standing), what));
                    Assert.Throws<InvalidOperationException>(() => OperationTransitions.Recover(Report(standing), what, "why"));
                }
            }
    }

    /// <summary>A recovery belongs to an interrupted operation; elsewhere it says nothing.</summary>
    private static OperationStanding? Plain(OperationStanding? standing) =>
        standing is { State: not OperationState.Interrupted } ? standing.Value with { Recovery = null } : standing;

    [Fact]
    public void What_has_ended_stays_as_it_is()
    {
        foreach (var ended in Standings().OfType<OperationStanding>().Where(s => !s.IsOpen))
            Assert.All(Enum.GetValues<OperationEvent>(), what => Assert.Null(OperationTransitions.Next(ended, what)));
    }

    [Fact]
    public void Whatever_is_open_can_be_interrupted_by_the_end_of_its_agent()
    {
        foreach (var open in Standings().OfType<OperationStanding>().Where(s => s.IsOpen))
            Assert.Equal(OperationState.Interrupted, OperationTransitions.Next(open, AgentEnded)?.State);
    }

    private static readonly Dictionary<(StepState?, StepEvent), StepState> StepTable = new()
    {
        [(null, StepEvent.Listed)] = StepState.Planned,
        [(StepState.Planned, StepEvent.WaitsForOperator)] = StepState.Waiting,
        [(StepState.Planned, StepEvent.Begun)] = StepState.Running,
        [(StepState.Waiting, StepEvent.GoesOn)] = StepState.Planned,
        [(StepState.Running, StepEvent.Succeeded)] = StepState.Done,
        [(StepState.Running, StepEvent.Failed)] = StepState.Failed,
    };

    [Fact]
    public void Each_event_of_a_step_leads_where_the_table_says_and_nowhere_else()
    {
        foreach (var from in Enum.GetValues<StepState>().Cast<StepState?>().Prepend(null))
            foreach (var what in Enum.GetValues<StepEvent>())
            {
                var expected = StepTable.TryGetValue((from, what), out var to) ? to : (StepState?)null;
                Assert.Equal(expected, StepTransitions.Next(from, what));
                if (from is { } state && expected is null)
                    Assert.Throws<InvalidOperationException>(() => StepTransitions.Apply(new() { Stage = 1, Node = "n1", Step = "stop", Curl = "", State = state }, what));
            }
    }

    [Fact]
    public void A_change_of_something_else_that_moves_the_operation_is_a_bug()
    {
        var journal = new MemoryJournal();
        var store = new OperationStore(journal);
        var operation = new Operation(Report(Running));
        store.Begin(operation.Report);
        Assert.Throws<InvalidOperationException>(() => store.Update(operation, r => r with { State = OperationState.Done }));
        Assert.Throws<InvalidOperationException>(() => store.Update(operation, r => r with { Recovery = new() { State = RecoveryState.Undone, Message = "" } }));
        Assert.Equal(OperationState.Running, Assert.Single(journal.Load()).State);
    }

    [Fact]
    public void Nothing_but_the_tables_writes_a_state()
    {
        foreach (var file in Directory.EnumerateFiles(Sources.Agent, "*.cs", SearchOption.AllDirectories).Where(f => !f.Contains("/obj/", StringComparison.Ordinal)))
            Assert.DoesNotMatch(Writes(), File.ReadAllText(file));
    }

    private static OperationReport Report(OperationStanding standing) => new()
    {
        Id = "1",
        Goal = "switch over",
        Coordinator = "n1",
        State = standing.State,
        Started = default,
        Steps = [],
        Recovery = standing.Recovery is { } recovery ? new() { State = recovery, Message = "" } : null,
    };

    [GeneratedRegex(@"\bState = (OperationState|StepState|RecoveryState)\.")]
    private static partial Regex Writes();
}
