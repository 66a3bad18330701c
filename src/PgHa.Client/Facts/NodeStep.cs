namespace PgHa.Client.Facts;

/// <summary>The step that ran last on a node.</summary>
/// <param name="Operation">The operation it belonged to. Survives the agent, the rest does not.</param>
/// <param name="Running">Whether it is being carried out.</param>
/// <param name="Step">What it does, in words; null when an earlier run of the agent carried it out.</param>
public sealed record NodeStep(string Operation, bool Running, string? Step = null);
