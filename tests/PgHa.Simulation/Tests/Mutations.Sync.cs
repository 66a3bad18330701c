namespace PgHa.Simulation;

/// <summary>Deliberate faults in synchronous replication, and in pledges.</summary>
internal sealed partial class Mutation
{
    private static IEnumerable<Mutation> OfSync =>
    [
    ];
}
