using PgHa.Agent.Steps;
using PgHa.Client.Operations;

namespace PgHa.Agent.Tests.Steps;

[Trait("Category", "Fast")]
public sealed class CarriedOutTests
{
    private readonly CarriedOut _steps = new();

    [Fact]
    public void What_came_of_an_order_is_said_again()
    {
        Assert.Null(_steps.Find(new("a", 1)));
        _steps.Begin(new("a", 1));
        _steps.End(new("a", 1), StepResult.Done("stopped"));
        Assert.Equal("stopped", _steps.Find(new("a", 1))?.Evidence);
        Assert.Null(_steps.Find(new("a", 2)));
        Assert.Null(_steps.Find(new("b", 1)));
    }

    /// <summary>Whoever ordered it takes it for lost, and may have planned anew.</summary>
    [Fact]
    public void What_was_broken_off_is_not_begun_again()
    {
        _steps.Begin(new("a", 1));
        Assert.Equal(Code.StepFailed, _steps.Find(new("a", 1))?.Failure?.Code);
    }

    [Fact]
    public void The_next_operation_begins_anew()
    {
        _steps.Begin(new("a", 1));
        _steps.Begin(new("b", 2));
        Assert.Null(_steps.Find(new("b", 1)));
        Assert.Null(_steps.Find(new("a", 1)));
    }

    [Fact]
    public void An_order_without_a_number_counts_each_time()
    {
        _steps.Begin("a");
        _steps.End("a", StepResult.Done(""));
        Assert.Null(_steps.Find("a"));
    }
}
