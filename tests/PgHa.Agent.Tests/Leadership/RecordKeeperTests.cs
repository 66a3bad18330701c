using Microsoft.Extensions.Time.Testing;
using PgHa.Agent.Leadership;

namespace PgHa.Agent.Tests.Leadership;

[Trait("Category", "Fast")]
public sealed class RecordKeeperTests : IRecordStore, IDeadline
{
    private static readonly TimeSpan D = TimeSpan.FromSeconds(6), Stop = TimeSpan.FromMilliseconds(300);
    private readonly FakeTimeProvider _time = new();
    private readonly List<string> _said = [];
    private readonly Queue<Func<PrimaryRecord, long, Task<RecordAnswer>>> _answers = [];
    private readonly RecordKeeper _keeper;
    private long _revision = 7;
    private TimeSpan _d = D;
    private bool _lives = true;
    private Func<TimeSpan, TimeSpan?>? _guard = until => until;

    public RecordKeeperTests() => _keeper = new(this, this, () => _time.GetUtcNow() - _time.Start, _time);

    private static PrimaryRecord Own { get; } = new() { Node = "n1", Epoch = 3, Boot = "b", Run = "r", Counter = 1, DMilliseconds = 6000, Since = DateTimeOffset.UnixEpoch, Timeline = 2 };

    [Fact]
    public async Task Each_renewal_moves_the_deadline_from_the_moment_before_it_was_sent()
    {
        var keeping = Begin();
        Assert.Equal(["swap 1 on 7", "until 5.64"], _said);
        await Pass(1);
        Assert.Equal(["swap 2 on 8", "until 6.64"], _said[2..]);
        Assert.Equal(6.64, _keeper.Until!.Value.TotalSeconds, 2);
        Assert.False(keeping.IsCompleted);
    }

    [Fact]
    public async Task An_answer_that_comes_late_counts_from_when_it_was_asked_for()
    {
        _answers.Enqueue(async (_, _) =>
        {
            await Task.Delay(TimeSpan.FromSeconds(0.9), _time);
            return new RecordAnswer.Swapped(8);
        });
        _ = Begin();
        await Pass(0.9);
        Assert.Equal(["swap 1 on 7", "until 5.64"], _said);
        await Pass(0.1);
        Assert.Equal("swap 2 on 8", _said[2]);
    }

    [Fact]
    public async Task An_outage_leaves_the_deadline_and_a_swap_whose_answer_was_lost_is_found_by_its_counter()
    {
        _ = Begin();
        PrimaryRecord? applied = null;
        _answers.Enqueue((record, _) =>
        {
            applied = record;
            return Is(new RecordAnswer.Outage("nobody answers"));
        });
        _answers.Enqueue((_, _) => Is(new RecordAnswer.Stands(applied!, 9)));
        await Pass(1);
        Assert.Equal(["swap 2 on 8", "until 5.64"], _said[2..]); // a guard that has died meanwhile is told what holds
        Assert.Equal("nobody answers", _keeper.Problem);
        await Pass(1);
        Assert.Equal(["swap 3 on 8", "until 6.64"], _said[4..]);
        Assert.Null(_keeper.Problem);
    }

    [Fact]
    public async Task A_timeline_is_reserved_and_may_be_made_by_the_next_renewal_which_can_be_sent_at_once()
    {
        _ = Begin();
        Assert.Equal(2U, _keeper.Made);
        PrimaryRecord? written = null;
        _answers.Enqueue((record, _) =>
        {
            written = record;
            return Is(new RecordAnswer.Swapped(9));
        });
        _keeper.Make(5, soon: true);
        await Until(() => _keeper.Made == 5, step: 0);
        Assert.Equal((5U, 5U), (written?.Timeline, written?.Made));
        _keeper.Make(4, soon: false); // never less
        await Pass(1);
        Assert.Equal(5U, _keeper.Made);
    }

    [Fact]
    public async Task A_timeline_may_be_made_only_when_that_is_acknowledged()
    {
        _ = Begin();
        _answers.Enqueue((_, _) => Is(new RecordAnswer.Outage("nobody answers")));
        _keeper.Make(5, soon: true);
        await Until(() => _keeper.Problem is not null, step: 0);
        Assert.Equal(2U, _keeper.Made);
        await Until(() => _keeper.Made == 5, step: 0.1);
    }

    /// <summary>The wait that a reservation ends goes on by a thread of the pool.</summary>
    private async Task Until(Func<bool> holds, double step)
    {
        for (var i = 0; !holds() && i < 500; i++)
        {
            await Pass(step);
            await Task.Delay(2, TestContext.Current.CancellationToken);
        }
        Assert.True(holds());
    }

    [Fact]
    public async Task It_ends_when_another_holds_it_and_the_deadline_stays()
    {
        var keeping = Begin();
        _answers.Enqueue((_, _) => Is(new RecordAnswer.Stands(Own with { Node = "n2", Epoch = 4 }, 9)));
        await Pass(1);
        Assert.Equal(Hold.Lost, (await keeping).Hold);
        Assert.Equal("until 5.64", _said.FindLast(s => s.StartsWith("until", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(true), InlineData(false)]
    public async Task It_ends_when_it_is_gone(bool absent)
    {
        var keeping = Begin();
        _answers.Enqueue((_, _) => Is(absent ? new RecordAnswer.Absent() : new RecordAnswer.Stands(Own with { Counter = 1 }, 5)));
        await Pass(1);
        Assert.Equal(Hold.Gone, (await keeping).Hold);
    }

    [Fact]
    public async Task A_server_without_a_sign_of_life_is_not_renewed()
    {
        _ = Begin();
        _lives = false;
        await Pass(1);
        await Pass(1);
        Assert.Equal(["until 5.64", "until 5.64"], _said[2..]);
        _lives = true;
        await Pass(1);
        Assert.Equal("swap 2 on 8", _said[4]);
    }

    [Fact]
    public async Task Without_a_guard_that_confirms_nobody_writes()
    {
        _guard = _ => null;
        _ = Begin();
        Assert.Null(_keeper.Until);
        _guard = null; // it hangs
        await Pass(1);
        await Pass(1);
        Assert.Null(_keeper.Until);
        _guard = until => until;
        for (var i = 0; i < 50 && _keeper.Until is null; i++) // the cancelled call goes on by a thread of the pool
        {
            await Pass(0.1);
            SpinWait.SpinUntil(() => _keeper.Until is not null, 20);
        }
        Assert.NotNull(_keeper.Until);
        Assert.Null(_keeper.Problem);
    }

    [Fact]
    public async Task A_shorter_D_is_confirmed_before_it_is_sent()
    {
        _ = Begin();
        _d = TimeSpan.FromSeconds(3);
        await Pass(1);
        Assert.Equal(["until 3.67", "swap 2 on 8", "until 3.67"], _said[2..]);
        _guard = _ => null;
        _d = TimeSpan.FromSeconds(2);
        await Pass(0.5);
        Assert.Equal(["until 3.18"], _said[5..]);
    }

    [Fact]
    public async Task A_guard_that_was_asked_in_vain_may_hold_to_what_it_was_asked_for()
    {
        _guard = null; // it hears, and its answer is lost
        _ = Begin();
        _d = TimeSpan.FromSeconds(2);
        await Pass(1);
        Assert.DoesNotContain(_said, s => s.StartsWith("swap 2", StringComparison.Ordinal)); // the shorter D is not sent before the guard has it
    }

    [Fact]
    public void In_a_long_outage_attempts_are_forgotten_and_bind_all_the_same()
    {
        var (holding, first) = Holding.Take(Own, new(7, null)).Send(TimeSpan.Zero, D);
        (holding, _) = holding.Hear(first, new RecordAnswer.Swapped(8));
        (holding, var shorter) = holding.Send(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));
        var bound = holding.Deadline(Stop);
        for (var i = 0; i < 500; i++)
            (holding, _) = holding.Send(TimeSpan.FromSeconds(2), D);
        Assert.True(holding.Open.Length <= 64);
        Assert.Equal((bound, 2.68), (holding.Deadline(Stop), bound!.Value.TotalSeconds));
        (holding, var hold) = holding.Hear(shorter, new RecordAnswer.Stands(shorter.Record, 9)); // it was applied: known as ours, and counted for nothing
        Assert.Equal((Hold.Unsure, 9L, bound), (hold, holding.Revision, holding.Deadline(Stop)));
    }

    [Fact]
    public void An_earlier_runs_longer_D_stays_until_the_first_acknowledgement()
    {
        var (holding, attempt) = Holding.GoOn(Own with { DMilliseconds = 8000 }, new(7, null), "r2").Send(TimeSpan.Zero, TimeSpan.FromSeconds(2));
        Assert.Equal((8000, "r2"), (attempt.Record.DMilliseconds, attempt.Record.Run));
        (holding, _) = holding.Hear(attempt, new RecordAnswer.Swapped(8));
        Assert.Equal(2000, holding.Send(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2)).Attempt.Record.DMilliseconds);
    }

    [Fact]
    public void A_moment_after_the_deadline_nobody_writes()
    {
        _ = Begin();
        _lives = false;
        _time.Advance(TimeSpan.FromSeconds(5.65));
        Assert.Null(_keeper.Until);
    }

    public Task<RecordAnswer> ReadAsync(TimeSpan within, CancellationToken cancel) => throw new NotSupportedException("a keeper only swaps");

    public Task<RecordAnswer> SwapAsync(PrimaryRecord record, Standing before, TimeSpan within, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(record);
        _said.Add($"swap {record.Counter} on {before.Revision}");
        return _answers.TryDequeue(out var answer) ? answer(record, before.Revision) : Is(new RecordAnswer.Swapped(++_revision));
    }

    public async Task<TimeSpan?> SetAsync(TimeSpan until, CancellationToken cancel)
    {
        if (_guard is null)
            await Task.Delay(Timeout.InfiniteTimeSpan, _time, cancel);
        _said.Add(FormattableString.Invariant($"until {until.TotalSeconds:0.00}"));
        return _guard!(until);
    }

    private static Task<RecordAnswer> Is(RecordAnswer answer) => Task.FromResult(answer);

    private Task<KeepingEnd> Begin() => _keeper.KeepAsync(Holding.Take(Own, new(_revision, null)), () => (_d, Stop), () => _lives, TestContext.Current.CancellationToken);

    // Its continuations run where the clock is moved.
    private async Task Pass(double seconds)
    {
        _time.Advance(TimeSpan.FromSeconds(seconds));
        await Task.Yield();
    }
}
