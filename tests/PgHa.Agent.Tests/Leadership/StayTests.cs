using Microsoft.Extensions.Time.Testing;
using PgHa.Agent.Leadership;

namespace PgHa.Agent.Tests.Leadership;

/// <summary>The keeper of a record whose etcd does not answer any more, and what the other nodes promise it.</summary>
[Trait("Category", "Fast")]
public sealed class StayTests : IRecordStore, IDeadline, IMembers
{
    private static readonly TimeSpan D = TimeSpan.FromSeconds(6), Stop = TimeSpan.FromMilliseconds(300);
    private readonly FakeTimeProvider _time = new();
    private readonly List<string> _said = [];
    private readonly RecordKeeper _keeper;
    private RecordAnswer? _out;
    private Func<Task<string?>> _promise = () => Task.FromResult<string?>(null);
    private long _revision = 7;
    private bool _lives = true;

    public StayTests() => _keeper = new(this, this, () => _time.GetUtcNow() - _time.Start, _time, this);

    public IReadOnlyList<string> Names { get; } = ["n2", "n3"];

    private static PrimaryRecord Own { get; } = new() { Node = "n1", Epoch = 3, Boot = "b", Run = "r", Counter = 1, DMilliseconds = 6000, Since = DateTimeOffset.UnixEpoch, Timeline = 2 };

    [Fact]
    public async Task A_short_outage_asks_nobody()
    {
        _ = Begin();
        _out = new RecordAnswer.Outage("nobody answers");
        await Pass(1);
        _out = null;
        await Pass(1);
        Assert.Equal(["until 5.64", "until 5.64", "until 7.64"], _said);
        Assert.Null(_keeper.NoConsent);
    }

    [Fact]
    public async Task The_deadline_moves_from_before_all_were_asked_and_is_renewed_until_etcd_is_back()
    {
        var keeping = Begin();
        _out = new RecordAnswer.Outage("nobody answers");
        for (var i = 0; i < 30; i++)
            await Pass(1);
        Assert.Equal(["asked for 6 s", "until 35.64"], _said[^2..]);
        Assert.Equal(["n2", "n3"], Stays()?.By);
        _out = null;
        await Pass(1);
        Assert.Equal("until 36.64", _said[^1]); // the record's own deadline
        Assert.Null(Stays());
        Assert.False(keeping.IsCompleted);
    }

    [Theory]
    [InlineData("n3 does not answer"), InlineData("n3 promises nothing: failover.stay_without_etcd is not set there")]
    public async Task One_that_does_not_promise_changes_nothing(string why)
    {
        _ = Begin();
        _promise = () => Task.FromResult<string?>(why);
        _out = new RecordAnswer.Outage("nobody answers");
        for (var i = 0; i < 5; i++)
            await Pass(1);
        Assert.Equal(5.64, _keeper.Until!.Value.TotalSeconds, 2);
        Assert.Equal(why, _keeper.NoConsent);
        await Pass(1);
        Assert.Null(_keeper.Until);
        var asked = _said.Count(s => s.StartsWith("asked", StringComparison.Ordinal));
        await Pass(1);
        Assert.Equal(asked, _said.Count(s => s.StartsWith("asked", StringComparison.Ordinal))); // the deadline has passed: it is too late
    }

    [Fact]
    public async Task The_earliest_promise_binds_when_no_more_come()
    {
        _ = Begin();
        _out = new RecordAnswer.Outage("nobody answers");
        for (var i = 0; i < 10; i++)
            await Pass(1);
        Assert.Equal(15.64, _keeper.Until!.Value.TotalSeconds, 2);
        _promise = () => Task.FromResult<string?>("n2 does not answer");
        for (var i = 0; i < 5; i++)
            await Pass(1);
        Assert.Equal(15.64, _keeper.Until!.Value.TotalSeconds, 2);
        await Pass(1);
        Assert.Null(_keeper.Until);
    }

    [Fact]
    public async Task Promises_that_come_after_the_deadline_are_too_late()
    {
        _ = Begin();
        _out = new RecordAnswer.Outage("nobody answers");
        _promise = async () =>
        {
            await Task.Delay(TimeSpan.FromSeconds(4), _time);
            return null;
        };
        for (var i = 0; i < 12; i++)
            await Pass(0.5);
        Assert.Null(_keeper.Until);
        Assert.Equal("until 5.64", _said.FindLast(s => s.StartsWith("until", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_server_without_a_sign_of_life_asks_for_nothing()
    {
        _ = Begin();
        (_lives, _out) = (false, new RecordAnswer.Outage("nobody answers"));
        for (var i = 0; i < 6; i++)
            await Pass(1);
        Assert.DoesNotContain(_said, s => s.StartsWith("asked", StringComparison.Ordinal));
        Assert.Null(_keeper.Until);
    }

    /// <summary>It was emptied meanwhile, or another node's swap had been on its way.</summary>
    [Theory]
    [InlineData(true), InlineData(false)]
    public async Task It_ends_when_etcd_is_back_without_the_record(bool emptied)
    {
        var keeping = Begin();
        _out = new RecordAnswer.Outage("nobody answers");
        for (var i = 0; i < 10; i++)
            await Pass(1);
        _out = emptied ? new RecordAnswer.Unreadable("etcd was emptied") : new RecordAnswer.Stands(Own with { Node = "n2", Epoch = 4 }, 9);
        await Pass(1);
        Assert.Equal(emptied ? Hold.Gone : Hold.Lost, (await keeping).Hold);
        Assert.Equal("until 15.64", _said.FindLast(s => s.StartsWith("until", StringComparison.Ordinal)));
    }

    private Consent? Stays() => _keeper.Holding!.StaysBy(_time.GetUtcNow() - _time.Start, Stop);

    public Task<RecordAnswer> ReadAsync(TimeSpan within, CancellationToken cancel) => throw new NotSupportedException("a keeper only swaps");

    public Task<RecordAnswer> SwapAsync(PrimaryRecord record, Standing before, TimeSpan within, CancellationToken cancel) => Task.FromResult(_out ?? new RecordAnswer.Swapped(++_revision));

    public Task<TimeSpan?> SetAsync(TimeSpan until, CancellationToken cancel)
    {
        _said.Add(FormattableString.Invariant($"until {until.TotalSeconds:0.00}"));
        return Task.FromResult<TimeSpan?>(until);
    }

    public Task<string?> AskAsync(PrimaryRecord own, TimeSpan holds, TimeSpan within, CancellationToken cancel)
    {
        _said.Add(FormattableString.Invariant($"asked for {holds.TotalSeconds:0} s"));
        return _promise();
    }

    private Task<KeepingEnd> Begin() => _keeper.KeepAsync(Holding.Take(Own, new(_revision, null)), () => (D, Stop), () => _lives, TestContext.Current.CancellationToken);

    // Its continuations run where the clock is moved.
    private async Task Pass(double seconds)
    {
        _time.Advance(TimeSpan.FromSeconds(seconds));
        await Task.Yield();
    }
}
