using Microsoft.Extensions.Time.Testing;

namespace PgHa.Agent.Tests;

/// <summary>When systemd hears that the agent lives.</summary>
[Trait("Category", "Fast")]
public sealed class HeartbeatTests
{
    [Fact]
    public async Task It_beats_in_time_and_only_while_the_agent_lives()
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var time = new FakeTimeProvider();
        var (lives, beats, complaints) = (true, 0, 0);
        var beating = Heartbeat.BeatAsync(TimeSpan.FromSeconds(20), _ => Task.FromResult(lives), () => beats++, () => complaints++, time, end.Token);
        Assert.Equal(1, beats);
        Advance(19);
        Assert.InRange(beats, 2, 5); // one may be lost, and it is in time
        var before = beats;
        lives = false;
        Advance(60);
        Assert.Equal((before, 1), (beats, complaints));
        lives = true;
        Advance(6);
        lives = false;
        Advance(6);
        Assert.True(beats > before);
        Assert.Equal(2, complaints);
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => beating);

        void Advance(int seconds)
        {
            for (var second = 0; second < seconds; second++)
                time.Advance(TimeSpan.FromSeconds(1));
        }
    }

    [Theory]
    [InlineData("30000000", null, 30)]
    [InlineData("30000000", "7", 30)]
    [InlineData("30000000", "8", null)]
    [InlineData("0", null, null)]
    [InlineData("-1", null, null)]
    [InlineData("soon", null, null)]
    [InlineData("99999999999999999999", null, null)]
    [InlineData(null, null, null)]
    public void The_time_is_read_from_systemds_variables(string? microseconds, string? process, int? seconds)
    {
        var environment = new Dictionary<string, string>();
        if (microseconds is not null)
            environment["WATCHDOG_USEC"] = microseconds;
        if (process is not null)
            environment["WATCHDOG_PID"] = process;

        Assert.Equal(seconds is { } s ? TimeSpan.FromSeconds(s) : (TimeSpan?)null, ServiceUnit.ReadWatchdog(environment, 7));
    }
}
