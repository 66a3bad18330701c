using Microsoft.Extensions.Time.Testing;
using PgHa.Agent.Succession;

namespace PgHa.Agent.Tests.Succession;

[Trait("Category", "Fast")]
public sealed class TimeAwakeTests
{
    [Fact]
    public void Time_in_which_the_process_runs_counts()
    {
        var time = new FakeTimeProvider();
        var awake = new TimeAwake(time);
        using var ticks = awake.Run(static () => { });
        for (var i = 0; i < 100; i++)
            time.Advance(TimeSpan.FromMilliseconds(300));
        Assert.Equal(30, awake.Now.TotalSeconds, 3);
    }

    [Fact]
    public void A_gap_counts_for_a_moment_only()
    {
        var time = new Stopped();
        var awake = new TimeAwake(time);
        using var ticks = awake.Run(static () => { });
        time.Pass(TimeSpan.FromSeconds(40)); // no timer has fired: the process was stopped
        Assert.InRange(awake.Now.TotalSeconds, 0.5, 1.5);
        time.Fire();
        Assert.InRange(awake.Now.TotalSeconds, 0.5, 1.5);
        time.Pass(TimeSpan.FromMilliseconds(400));
        Assert.InRange(awake.Now.TotalSeconds, 0.9, 1.9);
    }

    /// <summary>Its timers fire when they are told to, as those of a process do that runs again.</summary>
    private sealed class Stopped : TimeProvider
    {
        private long _now;
        private Action? _fire;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _fire = () => callback(state);
            return System.CreateTimer(static _ => { }, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        internal void Pass(TimeSpan time) => _now += time.Ticks;

        internal void Fire() => _fire!();
    }
}
