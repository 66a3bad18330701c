using PgHa.Client.Operations;

namespace PgHa.Agent.Cluster;

/// <summary>How far a step or an operation has come, which says what may still be taken back.</summary>
public enum Reach
{
    /// <summary>
    /// There is nothing to undo, and nothing that has to be gone on with: no role, no data, and not what the next start makes of a node. What
    /// upkeep does by itself all the time may have been done once more: a checkpoint, slots that follow.
    /// </summary>
    Untouched,

    /// <summary>It has changed a node, and none can have become writable by it: the state before can be brought back.</summary>
    Reversible,

    /// <summary>A node may have become writable by it: nothing is undone any more.</summary>
    MayBeWritable,
}

/// <summary>How far something has come, from what it consists of.</summary>
public static class Reaches
{
    /// <summary>The furthest of several.</summary>
    public static Reach Furthest(this IEnumerable<Reach> reaches) => reaches.DefaultIfEmpty(Reach.Untouched).Max();

    /// <summary>A step as it ended: one of which its node proves that it never came to accept writes can be taken back.</summary>
    public static Reach After(Step step, StepResult result)
    {
        ArgumentNullException.ThrowIfNull(step);
        ArgumentNullException.ThrowIfNull(result);
        return step.Reach == Reach.MayBeWritable && result is { Failure: not null, NeverWritable: true } ? Reach.Reversible : step.Reach;
    }

    /// <summary>A step as the journal has it.</summary>
    public static Reach Of(StepReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return report.Final ? Reach.MayBeWritable : report.Changes ? Reach.Reversible : Reach.Untouched;
    }
}
