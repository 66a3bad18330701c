using static PgHa.Agent.Configuration.FailoverSettings;

namespace PgHa.Agent.Configuration;

/// <summary>What the settings of automatic failover mean, in sentences for <c>pgha config check</c>. Pure.</summary>
public static class FailoverWords
{
    /// <summary>One sentence each; none in manual mode.</summary>
    public static IEnumerable<string> Of(FailoverOptions failover)
    {
        ArgumentNullException.ThrowIfNull(failover);
        if (failover is not { Mode: FailoverMode.Automatic, Etcd: { } etcd })
            yield break;
        var times = failover.Times;
        yield return $"the primary renews its record in etcd every {Seconds(times.Renewal)} s; an attempt that takes longer is given up and repeated";
        yield return $"a primary that cannot renew is killed at the latest {Seconds(times.Fence(FailoverTimes.UsualStop))} s after its last renewal";
        yield return $"another node takes over at the earliest {Seconds(times.Expiry)} s after the last renewal that it saw";
        yield return $"an election in etcd may take {Seconds(2 * times.Election)} s, twice; the primary survives that";
        yield return $"a server that crashed has {Seconds(failover.RestartWithin)} s to run again on its own machine; one that answers no new connection for {Seconds(failover.HangAfter)} s is replaced";
        yield return etcd.IsBeside
            ? $"etcd runs on {etcd.Members.Count} machines, {etcd.Members.Count / 2 + 1} of which have to work"
            : $"etcd is called at {string.Join(", ", etcd.Endpoints.Select(e => e.Authority))}";
        if (failover.StopCommand is { } program)
            yield return $"a server that still accepts writes though its record has run out, because its agent and its guard are dead, is stopped by {program} NODE ADDRESS, which has 60 s";
        if (failover.StayWithoutEtcd)
            yield return "while etcd does not answer the primary serves on, if the agents of all other nodes answer, have failover.stay_without_etcd set, too, and promise not to become writable; "
                + "otherwise it is killed as said above";
        foreach (var sentence in OfSync(failover))
            yield return sentence;
    }

    private static IEnumerable<string> OfSync(FailoverOptions failover)
    {
        if (failover.Sync == SyncMode.Off)
        {
            yield return "a commit waits for the primary's own disk: what was not streamed yet is lost if that disk is lost; "
                + $"a standby that lacks more than {failover.LagLimit >> 10} kB of acknowledged WAL is not promoted";
            yield break;
        }
        yield return failover.Sync == SyncMode.On
            ? "a commit waits for the primary's own disk and for that of one standby, which the agents choose; while no standby streams commits wait"
            : "a commit waits for the primary's own disk and for so many of the standbys that stream that with the primary they are more than half; while no standby streams commits wait";
        if (failover.Revokes)
            yield return $"where the primary is lost the standbys that commits wait for pledge to receive nothing from it, {Seconds(failover.Times.Overdue)} s after the last renewal that they saw, "
                + "and one of them takes over then (PostgreSQL 14 or later); until it notices that, the old primary may still acknowledge what does not wait for standbys (failover.revocation: off prevents that)";
        else if (failover.Sync == SyncMode.Quorum)
            yield return "nobody takes over before the record has run out (failover.revocation: off)";
        yield return "no commit is lost that waited at synchronous_commit = on or higher";
        yield return "not covered are sessions with synchronous_commit = local, off or remote_write, and commits whose wait was cancelled: PostgreSQL warns then that they are local";
        yield return "synchronous_standby_names is the agents': what stands there is replaced";
    }
}
