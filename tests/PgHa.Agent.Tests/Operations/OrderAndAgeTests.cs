using PgHa.Agent.Cluster;
using PgHa.Agent.Operations;
using PgHa.Agent.Plans;
using PgHa.Client.Operations;

namespace PgHa.Agent.Tests.Operations;

/// <summary>The wall clock may be set at any time: it decides neither which operation is the newest nor how old one is.</summary>
[Trait("Category", "Fast")]
public class OrderAndAgeTests
{
    private static OperationReport Report(string id) => new()
    {
        Id = id,
        Goal = "stop",
        Coordinator = "n1",
        State = OperationState.Done,
        Started = default,
        Steps = [],
    };

    private static string[] Order(OperationStore store) => [.. store.All.Select(r => r.Id)];

    [Theory]
    [InlineData("20260102T000000000-aaaaaa", "20260101T000000000-bbbbbb")] // set back by a day
    [InlineData("20260101T000000000-aaaaaa", "20260102T000000000-bbbbbb")] // set forward by a day
    public void The_one_that_began_last_is_the_newest_whatever_the_clock_says(string first, string second)
    {
        var journal = new MemoryJournal();
        var store = new OperationStore(journal);
        store.Begin(Report(first));
        store.Begin(Report(second) with { State = OperationState.Running });
        Assert.Equal([second, first], Order(store));
        var next = new OperationStore(journal);
        Assert.Equal([second, first], Order(next));
        next.Begin(Report("0"));
        Assert.Equal(["0", second, first], Order(next));
        Assert.Equal([3L, 2, 1], next.All.Select(r => r.Number));
    }

    [Fact]
    public void The_last_one_is_taken_up_though_its_id_is_older()
    {
        var journal = new MemoryJournal();
        var store = new OperationStore(journal);
        store.Begin(Report("2"));
        store.Begin(Report("1") with { State = OperationState.Running });
        var resumption = new Resumption(new ClusterObserver([], TimeProvider.System), new OperationStore(journal), new MachineClock("boot", () => TimeSpan.Zero), TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger<Resumption>.Instance);
        Assert.Equal("1", resumption.FindInterrupted()?.Id);
    }

    [Fact]
    public void Those_of_an_older_version_come_before_all_that_are_numbered_by_their_ids()
    {
        var journal = new MemoryJournal();
        journal.Write(Report("3"));
        journal.Write(Report("4"));
        var store = new OperationStore(journal);
        store.Begin(Report("1"));
        Assert.Equal(["1", "4", "3"], Order(store));
    }

    [Fact]
    public void Of_too_many_the_first_goes_though_its_id_is_the_newest()
    {
        var store = new OperationStore(new MemoryJournal());
        store.Begin(Report("999"));
        for (var n = 0; n < 200; n++)
            store.Begin(Report($"{n:D3}"));
        Assert.Null(store.Find("999"));
        Assert.NotNull(store.Find("000"));
    }

    [Fact]
    public void An_age_is_told_by_the_machine_and_after_another_boot_by_nobody()
    {
        var uptime = TimeSpan.FromHours(1);
        var clock = new MachineClock("boot", () => uptime);
        var begun = clock.Now;
        uptime += TimeSpan.FromMinutes(2);
        Assert.Equal(TimeSpan.FromMinutes(2), clock.Age(begun));
        Assert.Equal(TimeSpan.FromMinutes(2), new MachineClock("boot", () => uptime).Age(begun)); // another run of the agent
        Assert.Null(new MachineClock("another", () => uptime).Age(begun));
        Assert.Null(clock.Age(null));
        Assert.Null(clock.Age(clock.Now with { Seconds = clock.Now.Seconds + 1 })); // it cannot have gone back
    }

    [Fact]
    public void An_interrupted_operation_is_as_old_as_the_machine_says_and_old_where_that_is_not_known()
    {
        var clock = new MachineClock("boot", () => TimeSpan.FromHours(1));
        var report = Report("1") with { BegunAt = new("boot", 3590), Started = DateTimeOffset.MaxValue, Continuation = RequestForm.Write(new StopNode("n1")) };
        Assert.Equal(TimeSpan.FromSeconds(10), HaltReading.Of(report, HaltCause.Interrupted, clock).Age);
        var unknown = HaltReading.Of(report with { BegunAt = new("another", 3590) }, HaltCause.Interrupted, clock);
        Assert.Null(unknown.Age);
        Assert.IsType<Leave>(HaltRules.AfterLoss(unknown, new([]), TimeSpan.Zero));
        Assert.IsType<Leave>(HaltRules.AfterLoss(unknown with { Reach = Reach.Reversible }, new([]), TimeSpan.Zero));
    }

    [Fact]
    public void This_machine_has_such_a_clock()
    {
        var run = new AgentBoot(() => "run");
        var clock = MachineClock.OfThisMachine(run, TimeProvider.System);
        var then = clock.Now;
        Assert.NotEqual("run", then.Boot);
        Assert.InRange(clock.Age(then)!.Value, TimeSpan.Zero, TimeSpan.FromMinutes(1));
    }
}
