using PgHa.Agent.Cluster;
using PgHa.Client.Operations;

namespace PgHa.Agent.Plans;

/// <summary>Why an operation stopped before its goal.</summary>
public enum HaltCause
{
    /// <summary>Its agent ended.</summary>
    Interrupted,

    /// <summary>A step failed.</summary>
    StepFailed,

    /// <summary>Its operator ended it between two steps.</summary>
    Abandoned,
}

/// <summary>An operation that stopped before its goal: all that matters for what to do about it.</summary>
/// <param name="Cause">Why it stopped.</param>
/// <param name="Operation">Its id.</param>
public sealed record Halt(HaltCause Cause, string Operation)
{
    /// <summary>What reaches the goal from here; null when this version does not know the request.</summary>
    public MandatedRequest? Continuation { get; init; }

    /// <summary>What brings back the state before, or null.</summary>
    public MandatedRequest? Undo { get; init; }

    /// <summary>It was being undone already.</summary>
    public bool Undoing { get; init; }

    /// <summary>How far it has come.</summary>
    public Reach Reach { get; init; }

    /// <summary>A node that was about to become writable when the agent was lost: whether it was told to, the node itself must say. Null: there is none.</summary>
    public string? Imminent { get; init; }

    /// <summary>A node could not be asked while its step ran.</summary>
    public bool ConnectionLost { get; init; }

    /// <summary>The nodes its steps name.</summary>
    public IReadOnlyCollection<string> Acting { get; init; } = [];

    /// <summary>How it found the nodes when it began.</summary>
    public IReadOnlyDictionary<string, FoundNode> Found { get; init; } = new Dictionary<string, FoundNode>();

    /// <summary>How long ago it began; null where that is not known (the machine was started anew since): then it counts as old.</summary>
    public TimeSpan? Age { get; init; }
}

/// <summary>A request to try.</summary>
/// <param name="Asked">The request, planned anew.</param>
/// <param name="Undoes">It brings back the state before instead of reaching the goal.</param>
public sealed record Way(MandatedRequest Asked, bool Undoes);

/// <summary>What to do about an operation that stopped half way.</summary>
public abstract record Course;

/// <summary>Wait: it cannot be decided yet.</summary>
public sealed record Await(string Why) : Course;

/// <summary>Do nothing more.</summary>
/// <param name="Why">In words.</param>
/// <param name="NothingToUndo">The state before is in force.</param>
public sealed record Leave(string Why, bool NothingToUndo = false) : Course;

/// <summary>A step failed because an agent was lost: it is taken up like the operation of an agent that was.</summary>
public sealed record TakeUp : Course;

/// <summary>Carry out the first of these that can be planned.</summary>
public sealed record Try(IReadOnlyList<Way> Ways) : Course;
