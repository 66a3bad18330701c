using Microsoft.Extensions.Time.Testing;
using PgHa.Agent.Etcd;

namespace PgHa.Agent.Tests.Etcd;

[Trait("Category", "Fast")]
public sealed class HedgedCallTests
{
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(3);
    private readonly FakeTimeProvider _time = new();
    private readonly EndpointOrder<string> _order = new(["a", "b", "c"]);
    private readonly Dictionary<string, TaskCompletionSource<EtcdAnswer<string>>> _asked = [];

    [Fact]
    public async Task One_that_answers_is_asked_alone()
    {
        var call = Call();
        Answer("a", "1");

        Assert.Equal("1", (await call).Value);
        Assert.Equal(["a"], _asked.Keys);
        Assert.Equal(["a", "b", "c"], _order.Current);
    }

    [Fact]
    public async Task A_silent_one_is_passed_by_after_a_third_of_the_bound_and_tried_last_from_then_on()
    {
        var call = Call();
        _time.Advance(Within / 3 - TimeSpan.FromMilliseconds(1));
        Assert.Equal(["a"], _asked.Keys);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(["a", "b"], await Asked(2));
        Answer("b", "1");

        Assert.Equal("1", (await call).Value);
        Assert.Equal(["b", "c", "a"], _order.Current);
    }

    [Fact]
    public async Task Another_one_is_asked_at_once_when_one_has_failed()
    {
        var call = Call();
        Fail("a");
        await Asked(2);
        Fail("b");
        await Asked(3);
        Answer("c", "1");

        Assert.Equal("1", (await call).Value);
        Assert.Equal(["c", "a", "b"], _order.Current);
    }

    [Fact]
    public async Task A_silent_one_still_counts_when_it_answers_after_all()
    {
        var call = Call();
        _time.Advance(Within / 3);
        await Asked(2);
        Fail("b");
        await Asked(3);
        Answer("a", "late");

        Assert.Equal("late", (await call).Value);
        Assert.Equal(["a", "b", "c"], _order.Current.Take(1).Concat(_order.Current.Skip(1).Order()));
    }

    [Theory, InlineData("failed", "succeeded"), InlineData("succeeded", "failed")]
    public async Task Of_two_answers_the_better_one_counts(string first, string second)
    {
        var silent = new TaskCompletionSource<EtcdAnswer<string>>();
        var call = new HedgedCall<string>(_order, _time).RunAsync(Ask, Within, a => a == "succeeded", hedged: true, TestContext.Current.CancellationToken);
        _time.Advance(Within / 3);

        Assert.Equal("succeeded", (await call).Value);
        Assert.Equal(first == "succeeded" ? "a" : "b", _order.Current[0]);

        Task<EtcdAnswer<string>> Ask(string endpoint, CancellationToken _)
        {
            if (endpoint == "b")
                silent.SetResult(first); // both are there together
            return endpoint == "a" ? silent.Task : Task.FromResult<EtcdAnswer<string>>(second);
        }
    }

    [Fact]
    public async Task When_all_have_failed_every_reason_is_told_and_the_hint_that_tells_most()
    {
        var call = Call();
        Fail("a");
        await Asked(2);
        _asked["b"].SetResult(new Outage("b: permission denied", "give it"));
        await Asked(3);
        Fail("c");

        Assert.Equal(new Outage("etcd gives no answer: a: refused; b: permission denied; c: refused", "give it"), (await call).Outage);
    }

    [Fact]
    public async Task The_bound_ends_all_attempts()
    {
        var call = Call();
        _time.Advance(Within / 3);
        await Asked(2);
        _time.Advance(Within / 3);
        await Asked(3);
        _time.Advance(Within / 3);

        Assert.Equal("etcd gives no answer: a: silent; b: silent; c: silent", string.Join("; ", (await call).Outage!.Reason));
    }

    [Fact]
    public async Task Without_hedging_nobody_is_asked_beside_a_silent_one()
    {
        var call = Call(hedged: false);
        _time.Advance(Within * 0.9);
        await Task.Yield();
        Assert.Equal(["a"], _asked.Keys);
        Fail("a");
        await Asked(2);
        Answer("b", "1");
        Assert.Equal("1", (await call).Value);
    }

    [Fact]
    public async Task A_caller_who_gives_up_changes_no_order()
    {
        using var gone = new CancellationTokenSource();
        var call = CallUntil(gone.Token);
        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.Equal(["a", "b", "c"], _order.Current);
    }

    private Task<EtcdAnswer<string>> Call(bool hedged = true) => CallUntil(TestContext.Current.CancellationToken, hedged);

    private Task<EtcdAnswer<string>> CallUntil(CancellationToken cancel, bool hedged = true) => new HedgedCall<string>(_order, _time).RunAsync(Ask, Within, _ => true, hedged, cancel);

    private Task<EtcdAnswer<string>> Ask(string endpoint, CancellationToken end)
    {
        var answer = _asked[endpoint] = new(TaskCreationOptions.RunContinuationsAsynchronously);
        end.Register(() => answer.TrySetResult(new Outage($"{endpoint}: silent", Outage.UsualHint)));
        return answer.Task;
    }

    private void Answer(string endpoint, string value) => _asked[endpoint].SetResult(value);

    private void Fail(string endpoint) => _asked[endpoint].SetResult(new Outage($"{endpoint}: refused", Outage.UsualHint));

    private async Task<IEnumerable<string>> Asked(int many)
    {
        for (var i = 0; i < 2000 && _asked.Count < many; i++) await Task.Delay(1, TestContext.Current.CancellationToken);
        Assert.Equal(many, _asked.Count);
        return _asked.Keys;
    }
}
