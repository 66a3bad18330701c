namespace PgHa.Agent.Cluster;

/// <summary>On which order a step is carried out.</summary>
/// <param name="Operation">The operation that must hold the node's lock; <see cref="Step.DryRun"/> where it is only looked at.</param>
/// <param name="Number">
/// Which of the operation's steps it is. An order that comes twice (a proxy, or a client that sends a request again because its connection broke)
/// is carried out once. Null: by hand, or from an agent of an older version.
/// </param>
public readonly record struct StepOrder(string Operation, int? Number = null)
{
    /// <summary>An order without a number.</summary>
    public static implicit operator StepOrder(string operation) => FromString(operation);

    /// <summary>An order without a number.</summary>
    public static StepOrder FromString(string operation) => new(operation);
}
