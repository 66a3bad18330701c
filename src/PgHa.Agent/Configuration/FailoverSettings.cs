namespace PgHa.Agent.Configuration;

/// <summary>What must hold for automatic failover, as far as the configuration tells it. Pure.</summary>
internal static class FailoverSettings
{
    private static readonly TimeSpan LeastHang = TimeSpan.FromSeconds(5);

    public static IEnumerable<(string Key, Complaint Complaint)> Check(FailoverOptions failover, IReadOnlyList<NodeDraft> nodes, IReadOnlyList<string> witnesses) =>
        OfWitnesses(failover, nodes, witnesses).Concat(OfTimes(failover)).Concat(OfAccess(failover)).Concat(OfEtcd(failover, nodes));

    private static IEnumerable<(string Key, Complaint Complaint)> OfWitnesses(FailoverOptions failover, IReadOnlyList<NodeDraft> nodes, IReadOnlyList<string> witnesses)
    {
        foreach (var name in witnesses)
        {
            if (Forms.Label(name, out _) is { } complaint)
                yield return ($"witnesses.{name}", complaint with { Message = $"witnesses: {complaint.Message}" });
            else if (nodes.Any(n => n.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
                yield return ($"witnesses.{name}", new($"{name} is a node and a witness", "give the witness a name of its own; a node carries etcd anyway"));
            else if (failover.Etcd is null or { IsBeside: false })
                yield return ($"witnesses.{name}", new($"{name} is a witness, and no etcd runs beside the nodes", "a witness carries etcd only: set failover.etcd: beside, or leave it out"));
        }
    }

    private static IEnumerable<(string Key, Complaint Complaint)> OfTimes(FailoverOptions failover)
    {
        var times = failover.Times;
        if (failover.D < FailoverTimes.Least || failover.D > FailoverTimes.Most)
            yield return ("failover.d", new($"failover.d: {Seconds(failover.D)} s", $"use {Seconds(FailoverTimes.Least)} s to {Seconds(FailoverTimes.Most)} s; 8s as shipped"));
        else if (failover is { Mode: FailoverMode.Automatic, Etcd: not null } && failover.D < times.NeededD)
            yield return ("failover.d", new($"failover.d: {Seconds(failover.D)} s is too short for an etcd whose election timeout is {Seconds(times.Election)} s: one election could stop the primary",
                $"use at least {Seconds(times.NeededD)} s, or run etcd with a shorter timeout and write it to failover.etcd_election"));
        if (failover.HangAfter < LeastHang)
            yield return ("failover.hang_after", new($"failover.hang_after: {Seconds(failover.HangAfter)} s", $"use at least {Seconds(LeastHang)} s: a busy server may take that long for a new connection"));
    }

    private static IEnumerable<(string Key, Complaint Complaint)> OfAccess(FailoverOptions failover)
    {
        if (failover.Etcd is not { } etcd)
            yield break;
        if (etcd.User is null != etcd.PasswordFile is null)
            yield return ("failover.etcd_user", new("failover.etcd_user and failover.etcd_password_file need each other", "set both, or neither"));
        if (etcd.IsBeside && etcd.Tls is null && !etcd.Endpoints.All(UrlForm.IsLoopback))
            yield return ("failover.etcd", new("failover.etcd: beside without security.tls would let anyone on the network rule the cluster",
                "set security.tls; its certificates are used for etcd, too"));
    }

    private static IEnumerable<(string Key, Complaint Complaint)> OfEtcd(FailoverOptions failover, IReadOnlyList<NodeDraft> nodes)
    {
        if (failover.Mode == FailoverMode.Manual)
            yield break;
        if (failover.Etcd is not { } etcd)
            yield return ("failover.etcd", new("failover.mode is automatic, and failover.etcd is missing", "name an etcd that exists, or write beside"));
        else if (etcd is { IsBeside: true, Members.Count: < 3 })
            yield return ("failover.etcd", new($"failover.etcd: beside with {etcd.Members.Count} machines does not survive the loss of one",
                "add a machine to witnesses, name an etcd that exists, or stay with failover.mode: manual"));
        if (nodes.Count < 2)
            yield return ("failover.mode", new("failover.mode is automatic, and there is one node", "add a node, or write manual"));
    }

    internal static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.##", System.Globalization.CultureInfo.InvariantCulture);
}
