using System.Globalization;

namespace PgHa.Agent.Succession;

/// <summary>The part about a holder that serves without etcd, because all other nodes have promised not to become writable.</summary>
public static partial class SuccessionRules
{
    /// <summary>The record may have run out, or be this node's own, because it was won late: it is not used before the promise lapses, whichever node gave it.</summary>
    private static SuccessionVerdict? Promised(SuccessionFacts f)
    {
        if (f.Record is not (RecordState.Own or RecordState.RanOut or RecordState.Revoked))
            return null;
        if (f.PromisedTo is not null)
            return Nothing(HasPromised(f));
        var other = f.View.Except(f.Node).FirstOrDefault(n => n.Failover?.PromisedTo is { } to && to != f.Node);
        return other is null ? null
            : Nothing($"{other.Node} has promised {other.Failover!.PromisedTo}, which serves without etcd, not to become writable: {other.Failover.PromisedTo} may write for {other.Failover.PromisedFor:0.0} s more");
    }

    private static string HasPromised(SuccessionFacts f) => $"it has promised {f.PromisedTo}, which serves without etcd, not to become writable for {Seconds(f.PromisedFor)} s more";

    private static string Seconds(TimeSpan time) => Math.Max(0, time.TotalSeconds).ToString("0.0", CultureInfo.InvariantCulture);
}
