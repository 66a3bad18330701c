namespace PgHa.Client.Operations;

/// <summary>A moment by a clock that nobody can set: only moments of the same boot can be compared.</summary>
/// <param name="Boot">The run of the machine, or, where that is not known, of the agent.</param>
/// <param name="Seconds">Since that run began, or since any other moment that is the same throughout it.</param>
public sealed record MachineMoment(string Boot, double Seconds);
