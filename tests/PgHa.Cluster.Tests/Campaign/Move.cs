namespace PgHa.Cluster.Tests.Campaign;

/// <summary>One thing that happens in a campaign: a call, or a fault that lasts for a while and ends.</summary>
/// <param name="Words">As the chronicle says it.</param>
/// <param name="Play">Does it, and where it is a fault takes it back.</param>
internal sealed record Move(string Words, Func<Run, Task> Play);

/// <summary>A move that begins so long after the one before it, which may still be under way.</summary>
internal sealed record Timed(TimeSpan After, Move Move);
