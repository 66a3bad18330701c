using System.Collections.ObjectModel;

namespace PgHa.Client.Facts;

/// <summary>
/// What the next start of a node's server would do: its files and its command line as they are now, not what runs. Read by the node's own
/// agent, which changes nothing by it.
/// </summary>
public sealed record NextStart
{
    /// <summary>The node.</summary>
    public required string Node { get; init; }

    /// <summary>Why the server program does not accept its configuration, in PostgreSQL's own words; null if it does.</summary>
    public string? Error { get; init; }

    /// <summary>Settings by name, as the next start would have them. What is missing is not known.</summary>
    public IReadOnlyDictionary<string, string> Settings { get => field ?? ReadOnlyDictionary<string, string>.Empty; init; }

    /// <summary>The same settings as the running server has them; empty if none answers.</summary>
    public IReadOnlyDictionary<string, string> Running { get => field ?? ReadOnlyDictionary<string, string>.Empty; init; }

    /// <summary>Settings that the running server has read anew and takes at its next start only, in words.</summary>
    public IReadOnlyList<string> Pending { get => field ?? []; init; }

    /// <summary>Where a setting is set: <c>FILE line N</c>, or <c>the command line</c>. What is missing has its default.</summary>
    public IReadOnlyDictionary<string, string> Places { get => field ?? ReadOnlyDictionary<string, string>.Empty; init; }

    /// <summary>The limits in its own control file: a standby must not have less.</summary>
    public IReadOnlyDictionary<string, int> Control { get => field ?? ReadOnlyDictionary<string, int>.Empty; init; }

    /// <summary>The physical slots on its disk.</summary>
    public IReadOnlyList<string> PhysicalSlots { get => field ?? []; init; }

    /// <summary>The logical slots on its disk.</summary>
    public IReadOnlyList<string> LogicalSlots { get => field ?? []; init; }

    /// <summary>The host of its <c>postgres</c> address in <c>nodes</c>.</summary>
    public string Host { get => field ?? ""; init; }

    /// <summary>The port of that address.</summary>
    public int Port { get; init; }

    /// <summary>Whether <c>listen_addresses</c> covers that host; null if that cannot be told.</summary>
    public bool? Listens { get; init; }

    /// <summary>The file of <c>promote_trigger_file</c> (13 to 15), where it is there: the server would promote itself.</summary>
    public string? PromoteFile { get; init; }

    /// <summary>The newest timeline, beyond its own, that the archive of <c>restore_command</c> has; null if it has none, or is not asked.</summary>
    public ArchivedHistory? Archived { get; init; }

    /// <summary>The archive of <c>restore_command</c> did not answer in time: a start in recovery waits for it.</summary>
    public bool ArchiveIsSlow { get; init; }

    /// <summary>The exit code of a <c>restore_command</c> that failed in a way that ends recovery (above 125; below 0: by a signal); null if it did not.</summary>
    public int? ArchiveEndedWith { get; init; }

    /// <summary>A server runs now: where <see cref="Running"/> is empty it did not say what it runs with.</summary>
    public bool Runs { get; init; }

    /// <summary>What the settings name and the disk lacks: each of these ends a start.</summary>
    public required IReadOnlyList<StartObstacle> Obstacles { get; init; }
}

/// <summary>Something that a setting needs at a start and that is not there.</summary>
/// <param name="Setting">The setting.</param>
/// <param name="Problem">What is the matter, in words.</param>
/// <param name="WayOut">What helps, beside another value.</param>
public sealed record StartObstacle(string Setting, string Problem, string WayOut);

/// <summary>The history of a timeline, as an archive holds it.</summary>
/// <param name="Timeline">The timeline in the file's name.</param>
/// <param name="Text">The file; of what is too long for a history, its beginning.</param>
public sealed record ArchivedHistory(uint Timeline, string Text);
