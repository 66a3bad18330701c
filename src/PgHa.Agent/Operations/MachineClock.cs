using PgHa.Agent.Cluster;
using PgHa.Agent.Files;
using PgHa.Client.Operations;

namespace PgHa.Agent.Operations;

/// <summary>
/// Tells how old something in the journal is, by a clock that nobody can set. After another boot of the machine that is not known, and
/// whoever asks takes it for old.
/// </summary>
/// <param name="boot">Names the run of the machine.</param>
/// <param name="elapsed">How long that has run, in whatever count; it never goes back.</param>
public sealed class MachineClock(string boot, Func<TimeSpan> elapsed)
{
    /// <summary>This moment.</summary>
    public MachineMoment Now => new(boot, elapsed().TotalSeconds);

    /// <summary>How long ago that was; null where it is not known.</summary>
    public TimeSpan? Age(MachineMoment? then) =>
        then?.Boot == boot && elapsed() - TimeSpan.FromSeconds(then.Seconds) is var age && age >= TimeSpan.Zero ? age : null;

    /// <summary>The clock of this machine. Where it does not say which boot this is, that of this run of the agent: the next one knows no age then.</summary>
    public static MachineClock OfThisMachine(AgentBoot run, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(run);
        return BootClock.Id() is { } boot && BootClock.Elapsed() is not null ? new(boot, () => BootClock.Elapsed()!.Value) : new(run.Id, () => time.GetElapsedTime(0));
    }
}
