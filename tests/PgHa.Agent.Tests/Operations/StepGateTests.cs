using Microsoft.Extensions.Time.Testing;
using PgHa.Agent.Operations;

namespace PgHa.Agent.Tests.Operations;

[Trait("Category", "Fast")]
public class StepGateTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task As_many_steps_pass_as_were_let()
    {
        var gate = new StepGate(_time);
        Assert.Null(gate.Pass());
        var waiting = gate.WaitAsync(CancellationToken.None);
        Assert.False(waiting.IsCompleted);
        gate.Resume(2);
        Assert.True(await waiting);
        Assert.True(gate.Pass());
        Assert.Null(gate.Pass());
        gate.Resume(long.MaxValue);
        Assert.True(gate.Pass());
        gate.Resume(1);
        Assert.True(gate.Pass());
        Assert.True(gate.Pass());
    }

    [Fact]
    public async Task An_operator_who_does_not_come_has_abandoned_it()
    {
        var gate = new StepGate(_time);
        var waiting = gate.WaitAsync(CancellationToken.None);
        _time.Advance(StepGate.Patience - TimeSpan.FromSeconds(1));
        Assert.False(waiting.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.False(await waiting);
    }

    [Fact]
    public async Task What_is_abandoned_does_not_go_on()
    {
        var gate = new StepGate(_time);
        var waiting = gate.WaitAsync(CancellationToken.None);
        gate.Abandon();
        Assert.False(await waiting);
        gate.Resume(long.MaxValue);
        Assert.False(gate.Pass());
    }
}
