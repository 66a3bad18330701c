using System.Text.RegularExpressions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using PgHa.Agent.Cluster;
using PgHa.Agent.Configuration;
using PgHa.Agent.Operations;
using PgHa.Agent.Plans;
using PgHa.Agent.Tests.Plans;
using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Agent.Tests.Operations;

/// <summary>A simulator runs these folders on one thread, with its own time and its own names.</summary>
[Trait("Category", "Fast")]
public sealed partial class OneThreadTests : IHostApplicationLifetime, IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly MemoryJournal _journal = new();
    private readonly Dictionary<string, NodeObservation> _nodes = new() { ["n1"] = Sketch.Node("n1", Condition.Primary), ["n2"] = Sketch.Node("n2", Condition.Standby) };
    private int _names;

    public CancellationToken ApplicationStarted => default;

    public CancellationToken ApplicationStopping => _stopping.Token;

    public CancellationToken ApplicationStopped => default;

    void IHostApplicationLifetime.StopApplication() => _stopping.Cancel();

    public void Dispose() => _stopping.Dispose();

    [Theory]
    [InlineData("Operations"), InlineData("Cluster"), InlineData("Plans")]
    public void Nothing_uses_the_thread_pool_the_real_clock_or_chance(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Sources.Agent, folder), "*.cs", SearchOption.AllDirectories).Where(f => !f.EndsWith("/OperationServices.cs", StringComparison.Ordinal)))
            Assert.DoesNotMatch(Unsteady(), File.ReadAllText(file));
    }

    [Fact]
    public void An_operation_runs_from_its_call_to_its_end_on_one_thread_and_the_same_way_each_time()
    {
        var thread = new OneThread(_time);
        var runner = Runner(out var calls);
        var report = thread.Play(async () =>
        {
            var begun = await calls.BeginAsync(new StopNode("n2"), Conduct.Usual with { Stepwise = true }, CancellationToken.None);
            await Task.Delay(TimeSpan.FromSeconds(3), _time);
            runner.Find(begun.Value!.Report.Id)!.Gate!.Resume(long.MaxValue);
            return await calls.EndAsync(begun.Value, TimeSpan.FromMinutes(1), CancellationToken.None);
        }, TimeSpan.FromMilliseconds(1));
        Assert.True(report is { State: OperationState.Done, Id: "20000101T000000000-000002" }, report.ToString());
        Assert.Equal(0, thread.Strangers);
    }

    [Fact]
    public void One_that_loses_its_agent_is_taken_up_on_one_thread_too()
    {
        var thread = new OneThread(_time);
        var first = Runner(out var calls);
        var id = thread.Play(async () => (await first.BeginAsync(new StopNode("n2"), Conduct.Usual with { Stepwise = true }, CancellationToken.None)).Value!.Report.Id, TimeSpan.FromMilliseconds(1));
        thread.Play(async () =>
        {
            await Task.Delay(TimeSpan.FromSeconds(1), _time);
            return id;
        }, TimeSpan.FromMilliseconds(1));
        foreach (var name in _nodes.Keys)
            _nodes[name] = _nodes[name] with { BootId = "of the next run" };
        _holders.ForEach(n => n.UnlockAsync(id, CancellationToken.None));
        var store = new OperationStore(_journal);
        Assert.Equal(OperationState.Interrupted, store.Find(id)?.State);
        var next = Runner(out calls, store);
        var report = thread.Play(async () =>
        {
            next.TakeUpInterrupted();
            while (RepeatRules.IsOpen(store.Find(id)!))
                await Task.Delay(TimeSpan.FromMilliseconds(10), _time);
            return store.Find(id)!;
        }, TimeSpan.FromMilliseconds(1));
        Assert.Equal(RecoveryState.Completed, report.Recovery?.State);
        Assert.Equal(NodeState.Stopped, _nodes["n2"].State);
        Assert.Equal(0, thread.Strangers);
    }

    private readonly List<FakeNode> _holders = [];

    private OperationRunner Runner(out RepeatedCalls calls, OperationStore? store = null)
    {
        UniqueName name = () => $"{++_names:D6}".PadRight(32, '0');
        var boot = new AgentBoot(name);
        var clock = new MachineClock("boot", () => _time.GetElapsedTime(0));
        store ??= new OperationStore(_journal);
        _holders.Clear();
        _holders.AddRange(_nodes.Keys.Select(n => new FakeNode(n, Run) { Seen = () => _nodes[n] with { Identity = Options.Identity } }));
        var cluster = new ClusterObserver(_holders, _time);
        var acting = new ActingNodes(_holders);
        var locks = new ClusterLock(cluster, acting);
        var runner = new OperationRunner(Options, boot, new LiveOperations(), cluster, acting, locks, new FreshDecision(cluster, _time),
            new StageRunner(acting, store, _time, NullLogger<StageRunner>.Instance), new OutcomeWatch(cluster, _time), store, new PlanReport(Options),
            new Resumption(cluster, store, clock, _time, NullLogger<Resumption>.Instance), this, name, clock, _time, NullLogger<OperationRunner>.Instance);
        calls = new RepeatedCalls(runner, store, cluster, clock, _time);
        return runner;
    }

    private async Task<StepResult> Run(Step step)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(30), _time);
        if (step is StopServer)
            _nodes[step.Node] = Sketch.Node(step.Node, Condition.StoppedAsStandby) with { BootId = _nodes[step.Node].BootId };
        return StepResult.Done("as asked");
    }

    private static AgentOptions Options { get; } = new()
    {
        Cluster = "c",
        Node = "n1",
        Listen = new("http://127.0.0.1:1"),
        Nodes = [new("n1", new("http://127.0.0.1:1"), "127.0.0.1", 5432), new("n2", new("http://127.0.0.2:1"), "127.0.0.2", 5432)],
        Postgres = new() { DataDir = "/data" },
        StateDir = "/nowhere",
        Security = new(),
    };

    [GeneratedRegex(@"Task\.Run\(|ThreadPool|RunContinuationsAsynchronously|ConfigureAwait|CancelAfter|new CancellationTokenSource\(\w|TimeProvider\.System|Guid\.|Random|DateTimeOffset\.UtcNow|new Thread")]
    private static partial Regex Unsteady();
}
