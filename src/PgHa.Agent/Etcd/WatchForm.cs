using PgHa.Agent.Etcd.Wire;

namespace PgHa.Agent.Etcd;

/// <summary>What a member says in a watch. Pure.</summary>
internal static class WatchForm
{
    /// <param name="endpoint">Who says it.</param>
    /// <param name="response">What it says.</param>
    /// <param name="term">The term in which the members worked last: one that is in an older one does not hear from the others.</param>
    internal static EtcdAnswer<IReadOnlyList<EtcdEvent>> Of(Uri endpoint, WatchResponse response, ulong term)
    {
        if (response.Header.RaftTerm < term)
            return new Outage($"{endpoint.Authority} was left behind by the other members: it is in term {response.Header.RaftTerm}, they are in {term}", Outage.UsualHint);
        if (response.CompactRevision > 0)
            return new([new EtcdEvent.Compacted(response.CompactRevision)], null);
        if (response.Canceled)
            return OutageWords.Said(endpoint, response.CancelReason) ?? new($"{endpoint.Authority} has ended the watch: {response.CancelReason}", Outage.UsualHint);
        return new([.. response.Events.Select(WireForm.Of)], null);
    }
}
