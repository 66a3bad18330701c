using PgHa.Formats;

namespace PgHa.Agent.Plans;

/// <summary>What is to be done about one logical slot on the node that is to hold a copy of it.</summary>
public enum SlotTask
{
    /// <summary>Nothing: the copy is level, or follows by itself.</summary>
    Nothing,

    /// <summary>Advance the copy on the running server.</summary>
    Advance,

    /// <summary>Put the original's state file in place while the server is down.</summary>
    Place,

    /// <summary>Make it by SQL on the running standby (16 and later).</summary>
    Create,

    /// <summary>Drop the copy.</summary>
    Drop,

    /// <summary>Nothing can be done now.</summary>
    Wait,
}

/// <summary>A decision about one slot.</summary>
/// <param name="Name">The slot.</param>
/// <param name="Task">What is to be done.</param>
/// <param name="Why">In words.</param>
public sealed record SlotVerdict(string Name, SlotTask Task, string Why)
{
    /// <summary>Up to where it is to be advanced.</summary>
    public Lsn To { get; init; }

    /// <summary>Why its consumer could not go on from the copy without a gap, if the node became primary after this; null where it could.</summary>
    public string? NotCarried { get; init; }

    /// <summary>A copy that waits for its node to be down.</summary>
    public bool NeedsStop { get; init; }
}
