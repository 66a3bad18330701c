using PgHa.Agent.Succession;
using PgHa.Client.Operations;

namespace PgHa.Agent.Tests.Succession;

/// <summary>When a scheduled switchover begins.</summary>
[Trait("Category", "Fast")]
public class ScheduleRulesTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 31, 3, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("2030-01-31T04:00:00Z", 60), InlineData("2030-01-31T04:00Z", 60), InlineData("2030-01-31T06:30:00+02:30", 60), InlineData("2030-01-31 03:00:30-00:00", 0.5), InlineData("2030-03-02T03:00:00Z", 30 * 24 * 60)]
    public void A_time_is_read_with_its_offset(string text, double minutes) => Assert.Equal(Now.AddMinutes(minutes), ScheduleRules.ReadTime(text, Now).Value);

    [Theory]
    [InlineData(""), InlineData("tomorrow"), InlineData("2030-01-31T04:00:00"), InlineData("04:00Z"), InlineData("2030-02-30T04:00:00Z"), InlineData("2030-01-31T04:00:00 Z"), InlineData("31.01.2030 04:00+01:00")]
    [InlineData("2030-01-31T03:00:00Z"), InlineData("2030-01-31T03:30:00+01:00"), InlineData("2030-03-02T03:00:01Z")]
    public void Anything_else_is_refused_with_an_example(string text)
    {
        var refusal = ScheduleRules.ReadTime(text, Now).Refusal;
        Assert.Equal(Code.Invalid, refusal!.Code);
        Assert.NotEmpty(refusal.Hint);
    }

    [Fact]
    public void It_begins_within_a_minute_or_not_at_all()
    {
        var wanted = new ScheduledSwitchover { Id = "a", At = Now, Change = new() };
        Assert.Null(ScheduleRules.Judge(wanted, Now.AddTicks(-1), null).Fate);
        Assert.Equal(ScheduleFate.TakenUp, ScheduleRules.Judge(wanted, Now, null).Fate);
        Assert.Null(ScheduleRules.Judge(wanted, Now, "it is paused").Fate);
        Assert.Equal(ScheduleFate.TakenUp, ScheduleRules.Judge(wanted, Now.AddMinutes(1), null).Fate);
        Assert.Equal(ScheduleFate.Missed, ScheduleRules.Judge(wanted, Now.AddMinutes(1).AddTicks(1), null).Fate);
        Assert.EndsWith("it is paused", ScheduleRules.Judge(wanted, Now.AddMinutes(2), "it is paused").Reason, StringComparison.Ordinal);
    }
}
