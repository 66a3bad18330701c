using Microsoft.Extensions.Logging.Abstractions;
using PgHa.Agent.Cluster;
using PgHa.Agent.Operations;
using PgHa.Agent.Plans;
using PgHa.Client.Operations;

namespace PgHa.Agent.Tests.Operations;

/// <summary>What the next run of an agent finds in its journal, and which of it is taken up.</summary>
[Trait("Category", "Fast")]
public sealed class InterruptedTests : IDisposable
{
    private static readonly MachineClock Clock = new("boot", () => TimeSpan.FromMinutes(5));
    private readonly string _folder = Directory.CreateTempSubdirectory("pgha-journal-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static OperationReport Running(string id, string? resumes = null) => new()
    {
        Id = id,
        Steps = [],
        Goal = "switch over",
        Coordinator = "n1",
        State = OperationState.Running,
        Started = default,
        Request = RequestForm.Write(new Switchover("n1", StopOrder.PrimaryFirst)),
        Continuation = RequestForm.Write(new Switchover("n1", StopOrder.PrimaryFirst, "n2")),
        Resumes = resumes,
    };

    /// <summary>A journal written by one run and opened by the next.</summary>
    private OperationStore Next(params OperationReport[] reports)
    {
        var store = new OperationStore(new DiskJournal(Path.Combine(_folder, "operations")));
        foreach (var report in reports)
            store.Begin(report);
        return new OperationStore(new DiskJournal(Path.Combine(_folder, "operations")));
    }

    private static OperationReport? Find(OperationStore store) =>
        new Resumption(new ClusterObserver([], TimeProvider.System), store, Clock, TimeProvider.System, NullLogger<Resumption>.Instance).FindInterrupted();

    [Fact]
    public void A_report_that_was_only_begun_when_the_agent_was_killed_is_removed()
    {
        var journal = Directory.CreateDirectory(Path.Combine(_folder, "operations")).FullName;
        File.WriteAllText(Path.Combine(journal, "1.json.pgha-new"), "{");
        Assert.Equal(OperationState.Interrupted, Assert.Single(Next(Running("2")).All).State);
        Assert.Equal(["2.json"], Directory.EnumerateFiles(journal).Select(Path.GetFileName));
    }

    [Fact]
    public void The_request_survives_its_agent()
    {
        var found = Find(Next(Running("1")));
        Assert.Equal(OperationState.Interrupted, found?.State);
        Assert.Equal(new Switchover("n1", StopOrder.PrimaryFirst, "n2"), RequestForm.Read(found!.Continuation)?.Request);
    }

    [Theory]
    [InlineData(OperationState.Done), InlineData(OperationState.Failed), InlineData(OperationState.Undone)]
    public void What_has_ended_is_left_alone(OperationState state) => Assert.Null(Find(Next(Running("1") with { State = state })));

    [Fact]
    public void What_waited_for_its_operator_is_interrupted_too() =>
        Assert.Equal("1", Find(Next(Running("1") with { State = OperationState.Waiting }))?.Id);

    [Fact]
    public void Only_the_last_operation_is_taken_up()
    {
        var store = Next(Running("1"), Running("2") with { State = OperationState.Done });
        Assert.Null(Find(store));
        Assert.Equal(RecoveryState.Reported, store.Find("1")?.Recovery?.State);
    }

    /// <summary>One that took up another was interrupted, too, and somebody called for something else since.</summary>
    [Fact]
    public void What_took_up_another_is_concluded_with_it()
    {
        var store = Next(Running("1"), Running("2", resumes: "1"), Running("3") with { State = OperationState.Done });
        Assert.Null(Find(store));
        Assert.Equal(RecoveryState.Reported, store.Find("1")?.Recovery?.State);
        Assert.Equal(RecoveryState.Reported, store.Find("2")?.Recovery?.State);
    }

    /// <summary>The agent ended in between: nobody would look at the first one again.</summary>
    [Theory]
    [InlineData(OperationState.Done, RecoveryState.Completed), InlineData(OperationState.Failed, RecoveryState.Reported)]
    public void What_was_taken_up_is_concluded_by_the_end_of_what_took_it_up(OperationState ended, RecoveryState concluded)
    {
        var store = Next(Running("1"), Running("2", resumes: "1"), Running("3", resumes: "2") with { State = ended });
        Assert.Null(Find(store));
        Assert.Equal((concluded, "3"), (store.Find("2")!.Recovery!.State, store.Find("2")!.Recovery!.Operation));
        Assert.Equal(concluded, store.Find("1")?.Recovery?.State);
    }

    [Fact]
    public void What_was_reported_is_not_taken_up_by_the_next_run()
    {
        var store = Next(Running("1"));
        new Resumption(new ClusterObserver([], TimeProvider.System), store, Clock, TimeProvider.System, NullLogger<Resumption>.Instance)
            .Conclude(new Operation(store.Find("1")!), RecoveryState.Reported, "why", null);
        Assert.Null(Find(new OperationStore(new DiskJournal(Path.Combine(_folder, "operations")))));
    }

    [Fact]
    public void Of_one_that_took_up_another_the_last_is_taken_up_and_what_comes_of_it_is_kept_with_both()
    {
        var store = Next(Running("1") with { State = OperationState.Interrupted }, Running("2", resumes: "1"));
        Assert.Equal("2", Find(store)?.Id);
        Assert.Null(store.Find("1")?.Recovery);
        new Resumption(new ClusterObserver([], TimeProvider.System), store, Clock, TimeProvider.System, NullLogger<Resumption>.Instance)
            .Conclude(new Operation(store.Find("2")!), RecoveryState.Completed, "done", "3");
        Assert.Equal(RecoveryState.Completed, new OperationStore(new DiskJournal(Path.Combine(_folder, "operations"))).Find("1")?.Recovery?.State);
    }

    [Fact]
    public async Task A_crash_cannot_repeat_for_ever()
    {
        var line = Enumerable.Range(1, Resumption.MaxAttempts + 1)
            .Select(i => Running($"{i}", i == 1 ? null : $"{i - 1}") with { BegunAt = Clock.Now, State = OperationState.Interrupted }).ToArray();
        var store = Next(line);
        var last = new Operation(store.Find(line[^1].Id)!);
        await new Resumption(new ClusterObserver([], TimeProvider.System), store, Clock, TimeProvider.System, NullLogger<Resumption>.Instance)
            .RunAsync(last, (_, _, _) => throw new InvalidOperationException("begun once more"), CancellationToken.None);
        Assert.All(line, r => Assert.Equal(RecoveryState.Reported, store.Find(r.Id)?.Recovery?.State));
    }
}
