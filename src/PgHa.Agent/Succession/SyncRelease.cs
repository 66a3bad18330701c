using PgHa.Agent.Etcd;
using PgHa.Agent.Leadership;
using PgHa.Client.Operations;

namespace PgHa.Agent.Succession;

/// <summary>The one decision about synchronous replication that only a person can take: nodes that may hold acknowledged writes are gone for good.</summary>
internal sealed class SyncRelease(SuccessionLoop loop, EtcdSyncRecords records)
{
    /// <summary>Gives the sync record up, where nothing but that keeps the nodes here from taking the primary's place; null, or why not.</summary>
    /// <param name="nodes">The nodes that are answered for: all that could prove more, and no others.</param>
    /// <param name="cancel">Ends it.</param>
    internal async Task<Refusal?> ReleaseAsync(IReadOnlyCollection<string> nodes, CancellationToken cancel)
    {
        if (loop.Last is not var (facts, _) || facts.Stands is not { } primary || facts.Record != RecordState.RanOut || SyncElection.Refuse(facts) is null)
            return new(Code.WrongState, "nothing waits for a node that could hold acknowledged writes", "GET v2/cluster/explain says what it waits for");
        if (facts.SyncUnknown is { } unknown)
            return new(Code.PeerUnreachable, unknown, "bring etcd back (docs/etcd.md)");
        var stands = await records.ReadAsync(cancel);
        if (!stands.IsOk)
            return new(Code.PeerUnreachable, stands.Outage.Reason, stands.Outage.Hint);
        var before = stands.Value.Record ?? SyncRecord.First(primary.Node, primary.Epoch);
        var missing = SyncElection.Missing(before, SyncElection.Seen(facts));
        if (!missing.Order(StringComparer.Ordinal).SequenceEqual(nodes.Distinct().Order(StringComparer.Ordinal)))
            return new(Code.Invalid, $"the nodes that may hold more are {string.Join(", ", missing)}", SyncElection.Release(missing));
        var now = await records.SwapAsync(before with { GivenUp = true }, stands.Value, cancel);
        return now is { IsOk: true, Value.Record.GivenUp: true } ? null
            : new(Code.PeerUnreachable, now.Outage?.Reason ?? "the sync record was changed in the same moment", "repeat the call");
    }
}
