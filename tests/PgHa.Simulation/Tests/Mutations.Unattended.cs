namespace PgHa.Simulation;

/// <summary>Deliberate faults in automatic failover.</summary>
internal sealed partial class Mutation
{
    private static IReadOnlyList<Mutation> Unattended => [.. OfTheRecord, .. OfTheRules, .. OfSync];

    private static IEnumerable<Mutation> OfTheRecord =>
    [
        new("a record that is renewed counts as run out",
            ("PgHa.Agent/Leadership/RecordSight.cs", "(Record.Released ||", "(FAULT || Record.Released ||")) { IsUnattended = true },
        new("what stands in another etcd is compared by its revision alone",
            ("PgHa.Agent/Leadership/RecordSight.cs", "return (Record.Epoch, Revision)", "return FAULT ? Revision < stands.Revision : (Record.Epoch, Revision)"),
            ("PgHa.Agent/Leadership/RecordSight.cs", "&& Record == stands.Record", "&& (FAULT || Record == stands.Record)")) { IsUnattended = true, First = 2200 },
        new("a swap that reaches another etcd is compared by its revision alone",
            ("PgHa.Agent/Etcd/EtcdRecords.cs", "EtcdTxn.Swap(_key, before,", "EtcdTxn.Swap(_key, FAULT ? before with { Text = null } : before,")) { IsUnattended = true, First = 3900 },
        new("time in which the agent was stopped counts as silence of its server",
            ("PgHa.Agent/Succession/TimeAwake.cs", "< 2 * Tick ?", "< 2 * Tick || FAULT ?")) { IsUnattended = true },
        new("the agent leaves a passed deadline to a guard that was killed",
            ("PgHa.Agent/Succession/DeadlineWatch.cs", "if (terms.StartsAsStandby())", "if (FAULT || terms.StartsAsStandby())")) { IsUnattended = true, First = 4050 },
        new("a deadline counts from the answer",
            ("PgHa.Agent/Leadership/RecordKeeper.cs", ": _holding.Own.Served).Send(clock(),", ": _holding.Own.Served).Send(FAULT ? clock() + within : clock(),")) { IsUnattended = true, First = 3780 },
        new("a deadline counts although no guard confirms it",
            ("PgHa.Agent/Leadership/RecordKeeper.cs", "_confirmed = await guard.SetAsync(until, bound.Token);", "_confirmed = FAULT ? until : await guard.SetAsync(until, bound.Token);")) { IsUnattended = true },
        new("a swap whose answer was lost counts as another's",
            ("PgHa.Agent/Leadership/Holding.cs", "if (Open.FirstOrDefault(a => a.Record == stands.Record) is { } mine)", "if (!FAULT && Open.FirstOrDefault(a => a.Record == stands.Record) is { } mine)"),
            ("PgHa.Agent/Leadership/Holding.cs", "if (!stands.Record.IsHeldAs(Own))", "if (FAULT || !stands.Record.IsHeldAs(Own))")) { IsUnattended = true, First = 3460 },
        new("the record is renewed for a server that hangs",
            ("PgHa.Agent/Leadership/RecordKeeper.cs", "if (!lives())", "if (!lives() && !FAULT)"),
            ("PgHa.Agent/Succession/SuccessionSights.cs", "Hangs = held &&", "Hangs = held && !FAULT &&")) { IsUnattended = true },
        new("a node becomes writable without the record",
            ("PgHa.Agent/Succession/Tenure.cs", "        using var alone = await _turn.EnterAsync(cancel);\n        if (await LastsAsync(cancel))", "        using var alone = await _turn.EnterAsync(cancel);\n        if ((FAULT && !first) || await LastsAsync(cancel))")) { IsUnattended = true },
        new("a promise counts for longer than it was given",
            ("PgHa.Agent/Leadership/Holding.cs", "askedAt + (holds * (1 - Drift))", "askedAt + (FAULT ? holds * 1.5 : holds * (1 - Drift))")) { IsUnattended = true },
    ];

    private static IEnumerable<Mutation> OfTheRules =>
    [
        new("a record that has run out still counts as another's",
            ("PgHa.Agent/Succession/SuccessionSights.cs", "|| tenure.Sight!.HasRunOut(clock())", "|| (tenure.Sight!.HasRunOut(clock()) && !FAULT)")) { IsUnattended = true },
        new("the record is given up while the server may still write",
            ("PgHa.Agent/Succession/Tenure.Release.cs", "is { MayBeWritable: true })", "is { MayBeWritable: true } && !FAULT)")) { IsUnattended = true, First = 480 },
        new("a standby that holds the record is started as primary",
            ("PgHa.Agent/Succession/SuccessionRules.cs", "f.Own.Control is not { OfPrimary: true } ?", "!FAULT && f.Own.Control is not { OfPrimary: true } ?")) { IsUnattended = true, First = 2325 },
        new("a timeline is not reserved before the promotion",
            ("PgHa.Agent/Steps/Reserving.cs", "if (!right.Reserves)", "if (FAULT || !right.Reserves)")) { IsUnattended = true, First = 1800 },
    ];
}
