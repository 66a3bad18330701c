namespace PgHa.Simulation;

/// <summary>Deliberate faults in synchronous replication, and in pledges.</summary>
internal sealed partial class Mutation
{
    private static IEnumerable<Mutation> OfSync =>
    [
        new("the sync record is not asked who may take the primary's place",
            ("PgHa.Agent/Succession/SyncElection.cs", "=> record.IsProvenBy(seen) ? null", "=> FAULT || record.IsProvenBy(seen) ? null")) { IsUnattended = true, First = 390 },
        new("one of several voters proves that nothing is missing",
            ("PgHa.Agent/Leadership/SyncRecord.cs", "|| Set.IsMetBy(seen);", "|| Set.IsMetBy(seen) || (FAULT && Set.Voters.Any(seen.Contains));")) { IsUnattended = true, First = 390 },
        new("a standby is relied on before all sessions know that commits wait",
            ("PgHa.Agent/Succession/SyncDuty.cs", "if (step is SyncStep.Prove && stands.Record is { Set.Needed: 0 })", "if (step is SyncStep.Prove && stands.Record is { Set.Needed: 0 } && !FAULT)")) { IsUnattended = true, First = 1125 },
        new("one pledge is enough",
            ("PgHa.Agent/Leadership/Revocation.cs", "if (!sync!.Set.IsMetBy([.. counted.Select(p => p.Pledge.Node)]))", "if (FAULT ? counted.IsEmpty : !sync!.Set.IsMetBy([.. counted.Select(p => p.Pledge.Node)]))"),
            ("PgHa.Agent/Leadership/Revocation.cs", "sync with { Epoch", "sync! with { Epoch")) { IsUnattended = true, First = 390 },
        new("a pledge is written while the WAL receiver runs",
            ("PgHa.Agent/Leadership/PledgeSteps.cs", "!sight.Emptied ? PledgeStep.Empty : sight.Receives ?", "!sight.Emptied && !FAULT ? PledgeStep.Empty : sight.Receives && !FAULT ?")) { IsUnattended = true, First = 10260 },
        new("primary_conninfo is put back before the pledge is taken back",
            ("PgHa.Agent/Leadership/PledgeSteps.cs", "sight.NotedAsWithdrawn || sight.Follows ?", "sight.NotedAsWithdrawn || sight.Follows || (FAULT && !sight.Wanted) ?")) { IsUnattended = true, First = 3910, Count = 4000 },
    ];
}
