namespace PgHa.Client.Operations;

/// <summary>How an operation found a node when it began: what has changed since tells whether its goal still stands.</summary>
/// <param name="Boot">The run of the node's agent; empty when it could not be reached.</param>
/// <param name="State">What the node was, in one word.</param>
/// <param name="Answered">Whether the operator's force answered for the node in that state.</param>
/// <param name="LastOperation">The operation that had changed the node last; null when none is known.</param>
public sealed record FoundNode(string Boot, string State, bool Answered, string? LastOperation = null);
