using PgHa.Agent.Operations;
using PgHa.Client.Operations;

namespace PgHa.Agent.Tests.Operations;

/// <summary>Both journals keep what was written last, and nothing that came later.</summary>
[Trait("Category", "Fast")]
public sealed class JournalTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pgha-journal-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public static TheoryData<string> Kinds => ["disk", "memory"];

    private IJournal Open(string kind) => kind == "disk" ? new DiskJournal(Path.Combine(_folder, "operations")) : new MemoryJournal();

    private static OperationReport Report(string id) => new()
    {
        Id = id,
        Goal = "stop",
        Coordinator = "n1",
        State = OperationState.Running,
        Started = default,
        Steps = [new() { Stage = 1, Node = "n1", Step = "stop n1", Curl = "", State = StepState.Planned }],
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_next_run_finds_what_was_written_last(string kind)
    {
        var journal = Open(kind);
        var store = new OperationStore(journal);
        var operation = new Operation(Report("1"));
        store.Begin(operation.Report);
        store.Update(operation, r => r with { Evidence = ["seen"] });
        store.Update(operation, r => StepTransitions.Apply(r, 0, StepEvent.Begun));
        var next = Assert.Single(new OperationStore(kind == "disk" ? Open(kind) : journal).All);
        Assert.Equal(["seen"], next.Evidence);
        Assert.Equal(StepState.Running, next.Steps[0].State);
        Assert.Equal(OperationState.Interrupted, next.State);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Two_hundred_are_kept(string kind)
    {
        var journal = Open(kind);
        var store = new OperationStore(journal);
        for (var n = 0; n < 205; n++)
            store.Begin(Report($"{n:D3}") with { State = OperationState.Done });
        Assert.Equal(200, store.All.Count());
        Assert.Equal("005", store.All.Last().Id);
        Assert.Equal(200, (kind == "disk" ? Open(kind) : journal).Load().Count);
    }

    [Fact]
    public void On_a_full_disk_no_operation_begins_and_one_that_runs_goes_on()
    {
        var journal = new MemoryJournal();
        var store = new OperationStore(journal);
        var operation = new Operation(Report("1"));
        store.Begin(operation.Report);
        journal.Full = true;
        Assert.Throws<IOException>(() => store.Begin(Report("2")));
        Assert.Null(store.Find("2"));
        store.Move(operation, OperationEvent.ReachedGoal);
        Assert.Equal(OperationState.Done, operation.Report.State);
        Assert.NotNull(operation.Report.JournalProblem);
        Assert.Equal(OperationState.Running, Assert.Single(journal.Load()).State);
        Assert.Equal(OperationState.Interrupted, Assert.Single(new OperationStore(journal).All).State);
    }

    [Fact]
    public void One_that_is_held_twice_is_changed_as_it_stands()
    {
        var store = new OperationStore(new MemoryJournal());
        var first = new Operation(Report("1"));
        store.Begin(first.Report);
        var second = new Operation(first.Report);
        store.Update(first, r => r with { Evidence = ["by the first"] });
        Assert.Equal(["by the first"], store.Update(second, r => r with { Reason = "by the second" }).Evidence);
    }
}
