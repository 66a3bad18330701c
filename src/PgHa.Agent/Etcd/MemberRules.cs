using PgHa.Agent.Configuration;

namespace PgHa.Agent.Etcd;

/// <summary>What lies on this machine.</summary>
/// <param name="HasWal">The data of a member: etcd goes on with them.</param>
/// <param name="HasFiles">The data directory is not empty.</param>
/// <param name="WasMember">A member ran here before.</param>
internal sealed record MemberFacts(bool HasWal, bool HasFiles, bool WasMember);

/// <summary>What comes next in the replacement of a member.</summary>
internal abstract record Replacing
{
    /// <summary>The old one is taken out.</summary>
    internal sealed record Remove(ulong Id) : Replacing;

    /// <summary>The new one is added.</summary>
    internal sealed record Add : Replacing;

    /// <summary>It is added and can be started.</summary>
    internal sealed record Join(string InitialCluster) : Replacing;
}

/// <summary>
/// Whether a member may be started, and how. A member that comes back without its data, under the name that it had, breaks etcd's promises, because it has
/// forgotten its votes and what it acknowledged. Pure.
/// </summary>
internal static class MemberRules
{
    /// <summary>Why it may not be started with what lies here; null: it may, with its data, or as one of a new etcd.</summary>
    internal static Complaint? RefuseStart(MemberFacts here, MemberPlan plan, string replace)
    {
        if (here.HasWal)
            return null;
        if (here.HasFiles)
            return Leftover(plan, replace);
        return here.WasMember
            ? new($"{plan.Self.Name} was a member of etcd, and its data in {plan.DataDir} are gone", $"to let it join again without them: {replace}")
            : null;
    }

    /// <summary>Why it may not begin as one of a new etcd, as far as others know; null: it may.</summary>
    internal static Complaint? RefuseNew(IReadOnlyList<EtcdPeer> members, EtcdMember self, string replace) => members.FirstOrDefault(m => IsSame(m, self)) switch
    {
        null => new($"the other members already form an etcd, and {self.Name} is none of its members", $"to add it: {replace}"),
        { Name: "" } => new($"{self.Name} was added to the other members' etcd and has not joined it yet", $"to let it join: {replace}"),
        { Clients.Count: > 0 } => new($"{self.Name} was a member of the other members' etcd, and its data are not on this machine", $"to let it join again without them: {replace}"),
        _ => null, // all of them begin just now
    };

    /// <summary>Why nothing is replaced; null: it may be.</summary>
    internal static Complaint? RefuseReplace(MemberFacts here, MemberPlan plan, string start, string replace) =>
        here.HasWal ? new($"the data of {plan.Self.Name} are in {plan.DataDir}: nothing has to be replaced", $"start it with {start}; if etcd cannot use them: {Aside(plan)}, then {replace}")
        : here.HasFiles ? Leftover(plan, replace) : null;

    /// <summary>The next thing to do, from what the living members know. Each of them can be done again.</summary>
    internal static Replacing Next(IReadOnlyList<EtcdPeer> members, MemberPlan plan)
    {
        var same = members.Where(m => IsSame(m, plan.Self)).ToArray();
        return same.FirstOrDefault(m => m.Name.Length > 0) is { } old ? new Replacing.Remove(old.Id)
            : same.Length == 0 ? new Replacing.Add()
            : new Replacing.Join(string.Join(',', members.SelectMany(m => m.Peers.Select(p => $"{NameOf(m, plan)}={p}"))));
    }

    private static bool IsSame(EtcdPeer member, EtcdMember self) => member.Name == self.Name || member.Peers.Contains(MemberPlan.Url(self.Peer));

    private static string NameOf(EtcdPeer member, MemberPlan plan) => member.Name.Length > 0 ? member.Name
        : plan.Etcd.Members.FirstOrDefault(m => member.Peers.Contains(MemberPlan.Url(m.Peer)))?.Name ?? $"{member.Id:x}";

    private static Complaint Leftover(MemberPlan plan, string replace) =>
        new($"{plan.DataDir} holds files, and none of them is the WAL of an etcd", $"{Aside(plan)}, then {replace}");

    private static string Aside(MemberPlan plan) => $"mv {plan.DataDir} {plan.DataDir}.old";
}
