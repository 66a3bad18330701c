using Microsoft.Extensions.Logging.Abstractions;
using PgHa.Agent.Cluster;
using PgHa.Agent.Operations;
using PgHa.Agent.Plans;
using PgHa.Client.Operations;

namespace PgHa.Agent.Tests.Operations;

/// <summary>What the journal says at each moment of a switchover by promotion, and that nobody waits for it while nobody can write.</summary>
[Trait("Category", "Fast")]
public class StageRunnerTests
{
    private static readonly Step Demote = new WriteCheckpoint("n1");
    private static readonly Step HandOver = new HandOver("n1", "n2", false, []);
    private static readonly Step TakeOver = new TakeOver("n2", "n1", []);
    private static readonly IReadOnlyList<Step>[] Stages = [[Demote], [HandOver], [TakeOver], [new StartAsStandby("n1", "n2")]];
    private readonly Journal _journal = new();
    private readonly Dictionary<Type, StepResult> _results = [];
    private readonly Dictionary<Type, Halt> _halts = [];
    private readonly OperationStore _store;
    private Type? _fullDuring;
    private readonly StageRunner _runner;

    public StageRunnerTests()
    {
        _store = new(_journal);
        IActingNode[] nodes = [new FakeNode("n1", Run), new FakeNode("n2", Run)];
        _runner = new(new ActingNodes(nodes), _store, TimeProvider.System, NullLogger<StageRunner>.Instance);
    }

    /// <summary>Notes each write among the steps.</summary>
    private sealed class Journal : IJournal
    {
        private readonly MemoryJournal _inner = new();

        public List<string> Events { get; } = [];

        public bool Full { set => _inner.Full = value; }

        public IReadOnlyList<string> Unread => [];

        public IReadOnlyList<OperationReport> Load() => _inner.Load();

        public void Write(OperationReport report)
        {
            Events.Add("write");
            _inner.Write(report);
        }

        public void Remove(string id) => _inner.Remove(id);
    }

    private static Halt Halted(OperationReport report) => HaltReading.Of(report, HaltCause.Interrupted, new MachineClock("boot", () => TimeSpan.Zero));

    private async Task<StepResult> Run(Step step)
    {
        _journal.Events.Add($"begin {step.GetType().Name}");
        _halts[step.GetType()] = Halted(Assert.Single(_journal.Load()));
        _journal.Full = _fullDuring == step.GetType();
        await Task.Yield();
        _journal.Events.Add($"end {step.GetType().Name}");
        return _results.GetValueOrDefault(step.GetType()) ?? StepResult.Done("");
    }

    private async Task<Operation> Play(StepGate? gate = null)
    {
        var report = _store.Begin(new()
        {
            Id = "1",
            Goal = "switch over",
            Coordinator = "n1",
            State = OperationState.Running,
            Started = default,
            Steps = [.. Stages.SelectMany((stage, i) => stage.Select(s => new StepReport { Stage = i, Node = s.Node, Step = s.Words, Curl = "", State = StepState.Planned, Final = s.Final, Changes = s.Changes }))],
        });
        var operation = new Operation(report, gate);
        await _runner.RunAsync(operation, Stages, 0, gate, CancellationToken.None);
        return operation;
    }

    private List<string> Between(string from, string to) => _journal.Events[(_journal.Events.IndexOf(from) + 1).._journal.Events.IndexOf(to)];

    [Theory]
    [InlineData(false), InlineData(true)] // resumed to its end
    public async Task Nothing_is_written_between_the_end_of_the_old_primary_and_the_promotion(bool stepwise)
    {
        var gate = stepwise ? new StepGate(TimeProvider.System) : null;
        gate?.Resume(long.MaxValue);
        var operation = await Play(gate);
        Assert.Empty(Between("end HandOver", "begin TakeOver"));
        Assert.Equal(["write"], Between("end WriteCheckpoint", "begin HandOver").Skip(1)); // its end, and this begin
        Assert.All(operation.Report.Steps, s => Assert.True(s is { State: StepState.Done, Imminent: false }));
        Assert.Equal(operation.Report.Steps, Assert.Single(_journal.Load()).Steps);
    }

    [Fact]
    public async Task Before_the_promotion_begins_the_journal_says_that_it_may_have()
    {
        await Play();
        Assert.True(_halts[typeof(HandOver)] is { Imminent: "n2", Reach: Reach.Reversible });
        Assert.Equal("n2", _halts[typeof(TakeOver)].Imminent);
        Assert.True(_halts[typeof(StartAsStandby)] is { Imminent: null, Reach: Reach.MayBeWritable });
        Assert.Null(_halts[typeof(WriteCheckpoint)].Imminent);
    }

    [Fact]
    public async Task The_journal_says_so_too_where_the_report_is_written_for_another_reason_meanwhile()
    {
        Operation? operation = null;
        var store = _store;
        IActingNode[] nodes = [new FakeNode("n1", async step =>
        {
            await Task.Yield();
            return StepResult.Done("");
        }), new FakeNode("n2", step =>
        {
            store.Update(operation!, r => r with { Reason = "a caller left" });
            Assert.True(Halted(Assert.Single(_journal.Load())) is { Reach: Reach.MayBeWritable } or { Imminent: "n2" });
            return Task.FromResult(StepResult.Done(""));
        })];
        var report = _store.Begin(new()
        {
            Id = "1",
            Goal = "switch over",
            Coordinator = "n1",
            State = OperationState.Running,
            Started = default,
            Steps = [.. Stages.SelectMany((stage, i) => stage.Select(s => new StepReport { Stage = i, Node = s.Node, Step = s.Words, Curl = "", State = StepState.Planned, Final = s.Final, Changes = s.Changes }))],
        });
        operation = new Operation(report);
        Assert.Null(await new StageRunner(new ActingNodes(nodes), _store, TimeProvider.System, NullLogger<StageRunner>.Instance).RunAsync(operation, Stages, 0, null, CancellationToken.None));
    }

    [Fact]
    public async Task Where_that_could_not_be_written_the_begin_of_the_promotion_is_written_first()
    {
        _fullDuring = Demote.GetType(); // and until the next step has begun
        var operation = await Play();
        Assert.Null(_halts[typeof(HandOver)].Imminent);
        Assert.True(_halts[typeof(TakeOver)] is { Imminent: null, Reach: Reach.MayBeWritable });
        Assert.NotNull(operation.Report.JournalProblem);
    }

    [Fact]
    public async Task Where_the_old_primary_could_not_be_ended_nothing_is_imminent_any_more()
    {
        _results[typeof(HandOver)] = StepResult.Failed(Code.StepFailed, "no", "");
        await Play();
        Assert.True(Halted(Assert.Single(_journal.Load())) is { Imminent: null, Reach: Reach.Reversible });
        Assert.False(_halts.ContainsKey(typeof(TakeOver)));
    }

    [Fact]
    public async Task While_it_waits_for_its_operator_nothing_is_imminent()
    {
        var gate = new StepGate(TimeProvider.System);
        gate.Resume(2);
        var playing = Play(gate);
        while (_store.Find("1")?.State != OperationState.Waiting)
            await Task.Yield();
        Assert.True(Halted(Assert.Single(_journal.Load())) is { Imminent: null, Reach: Reach.Reversible });
        gate.Resume(long.MaxValue);
        await playing;
        Assert.True(_halts[typeof(TakeOver)] is { Imminent: null, Reach: Reach.MayBeWritable });
    }
}
