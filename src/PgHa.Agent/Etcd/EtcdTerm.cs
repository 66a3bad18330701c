using PgHa.Agent.Etcd.Wire;

namespace PgHa.Agent.Etcd;

/// <summary>
/// The term in which the members worked last. Only reads and transactions tell it, because more than half of the members stand behind each of them: what a
/// member says alone may be of a term that never had a leader. An etcd that was set up anew begins with a lower one.
/// </summary>
internal sealed class EtcdTerm
{
    private ulong _last;

    internal ulong Last => Volatile.Read(ref _last);

    internal T Seen<T>(T answer, ResponseHeader header)
    {
        Volatile.Write(ref _last, header.RaftTerm);
        return answer;
    }
}
