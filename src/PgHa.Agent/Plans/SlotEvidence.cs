using PgHa.Agent.Cluster;
using PgHa.Formats;

namespace PgHa.Agent.Plans;

/// <summary>Logical slots that a new primary takes over.</summary>
/// <param name="Source">The node whose slots they are.</param>
/// <param name="Slots">Their names.</param>
public sealed record LogicalSlotsGo(string Source, Several<string> Slots) : Evidence
{
    /// <inheritdoc />
    public override string Words => $"logical slots of {Source} that go with it: {Slots}";
}

/// <summary>Physical slots of others that a new primary takes over.</summary>
/// <param name="Source">The node whose slots they are.</param>
/// <param name="Slots">Their names.</param>
public sealed record PhysicalSlotsGo(string Source, Several<string> Slots) : Evidence
{
    /// <inheritdoc />
    public override string Words => $"physical slots of {Source} that go with it: {Slots}";
}

/// <summary>Logical slots that a new primary takes over from a node whose slots cannot be seen.</summary>
/// <param name="Source">The node whose slots they are.</param>
/// <param name="Slots">Where the copies stand.</param>
/// <param name="Successor">The new primary.</param>
public sealed record LogicalSlotsGoUnseen(string Source, Several<SlotStand> Slots, EndOfReplay Successor) : Evidence
{
    /// <inheritdoc />
    public override string Words => $"logical slots of {Source} go with it from where they were brought level last: {Slots}; "
        + $"their consumers see repeats, and one that stood beyond the end of the WAL of {Successor.Node}{(Successor.End is { } end ? $", {end}," : "")} has to begin anew";
}

/// <summary>Where a copy of a slot stands.</summary>
/// <param name="Name">The slot.</param>
/// <param name="ConfirmedFlush">Up to where its consumer has confirmed.</param>
public sealed record SlotStand(string Name, Lsn? ConfirmedFlush)
{
    /// <inheritdoc />
    public override string ToString() => $"{Name} at {ConfirmedFlush}";
}

/// <summary>Where a new primary's WAL will end.</summary>
/// <param name="Node">The new primary.</param>
/// <param name="End">The end; null if it is not known.</param>
public sealed record EndOfReplay(string Node, Lsn? End);
