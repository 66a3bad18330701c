using PgHa.Formats;
using PgHa.Formats.Control;

namespace PgHa.Client.Facts;

/// <summary>What decisions need of <c>global/pg_control</c> (CRC checked).</summary>
/// <param name="SystemIdentifier">Identifies the cluster; text, because JSON numbers lose its last digits.</param>
/// <param name="State">The state the server wrote last. <c>ShutDown</c> with a good CRC is proof that it is not writable any more.</param>
/// <param name="Timeline">The timeline the server would start on: that of the last checkpoint or of the minimum recovery point, whichever is later.</param>
/// <param name="CheckPoint">Start of the last checkpoint record.</param>
/// <param name="Redo">Where replay from that checkpoint begins.</param>
/// <param name="MinRecoveryPoint">Recovery must reach this before the data is consistent; zero on a primary.</param>
/// <param name="WalSegmentSize">Bytes in a WAL segment.</param>
public sealed record ControlFacts(
    string SystemIdentifier, DbState State, TimelineId Timeline, Lsn CheckPoint, Lsn Redo, Lsn MinRecoveryPoint, uint WalSegmentSize)
{
    /// <summary>Whether the last server on this directory was stopped cleanly, as a primary or as a standby.</summary>
    public bool StoppedCleanly => State is DbState.ShutDown or DbState.ShutDownInRecovery;

    /// <summary>
    /// Whether the last server on this directory ran, or runs, as a primary: <c>standby.signal</c> only says what its next start makes of it.
    /// </summary>
    public bool OfPrimary => State is DbState.ShutDown or DbState.ShuttingDown or DbState.InProduction or DbState.InCrashRecovery;

    /// <summary>Takes the facts from the whole control file.</summary>
    public static ControlFacts From(ControlFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        return new(
            file.SystemIdentifier.ToString(System.Globalization.CultureInfo.InvariantCulture),
            file.State,
            new TimelineId(Math.Max(file.CheckPointCopy.ThisTimeline.Value, file.MinRecoveryPointTimeline.Value)),
            file.CheckPoint, file.CheckPointCopy.Redo, file.MinRecoveryPoint, file.WalSegmentSize);
    }
}
