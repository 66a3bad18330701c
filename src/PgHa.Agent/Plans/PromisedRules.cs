using PgHa.Agent.Cluster;
using PgHa.Client.Operations;

namespace PgHa.Agent.Plans;

/// <summary>Promises that nodes have given a holder of the record that serves without etcd: as long as one holds, no other node than that holder becomes writable. Pure.</summary>
internal static class PromisedRules
{
    /// <summary>Why a node may not become writable, whatever anybody answers for; null: no promise is in the way.</summary>
    internal static Refusal? Refuse(string candidate, ClusterView view) =>
        view.Nodes.OrderByDescending(n => n.Node == candidate).FirstOrDefault(n => n.Failover?.PromisedTo is { } to && to != candidate) is not { Failover: { } facts } by ? null
            : new(Code.AnotherWritable, $"{by.Node} has promised {facts.PromisedTo}, which serves without etcd, not to become writable for {facts.PromisedFor:0.0} s more: {candidate} does not become writable before",
                $"bring etcd back (docs/etcd.md): {facts.PromisedTo} goes on then by its record, and the promise lapses; if {facts.PromisedTo} is gone the promise lapses by itself: repeat the call then");
}
