namespace PgHa.Agent.Etcd;

/// <summary>What one member says of itself.</summary>
/// <param name="Member">Its id.</param>
/// <param name="Leader">The id of the leader that it follows; 0: none.</param>
/// <param name="Term">The term it is in.</param>
/// <param name="Version">Its version, such as 3.4.23.</param>
/// <param name="DatabaseBytes">The size of its database file.</param>
/// <param name="Alarms">What is wrong with it, in etcd's words, such as <c>alarm:NOSPACE</c>.</param>
public sealed record EtcdStatus(ulong Member, ulong Leader, ulong Term, string Version, long DatabaseBytes, IReadOnlyList<string> Alarms)
{
    /// <summary>It leads.</summary>
    public bool Leads => Leader == Member;
}

/// <summary>A member of an etcd, as the others know it.</summary>
/// <param name="Id">Its id: a member that was removed and added again has another one.</param>
/// <param name="Name">Its name; empty: it was added and has not been started yet.</param>
/// <param name="Peers">Where the other members call it.</param>
/// <param name="Clients">Where it is called; empty: it has not been started yet.</param>
public sealed record EtcdPeer(ulong Id, string Name, IReadOnlyList<string> Peers, IReadOnlyList<string> Clients);
