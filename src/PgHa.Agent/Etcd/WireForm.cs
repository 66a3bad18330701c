using Google.Protobuf;
using PgHa.Agent.Etcd.Wire;

namespace PgHa.Agent.Etcd;

/// <summary>Between our words and etcd's messages. Pure.</summary>
internal static class WireForm
{
    internal static ByteString Key(string key) => ByteString.CopyFromUtf8(key);

    /// <summary>The first key behind all that begin with the prefix: its last byte counts one more.</summary>
    internal static ByteString EndOf(string prefix)
    {
        var end = Key(prefix).ToByteArray();
        end[^1]++; // no byte of UTF-8 is 255
        return ByteString.CopyFrom(end);
    }

    internal static TxnRequest Of(EtcdTxn txn)
    {
        var request = new TxnRequest();
        request.Compare.AddRange(txn.Compares.SelectMany(Of));
        request.Success.AddRange(txn.Writes.Select(Of));
        request.Failure.AddRange(txn.Compares.Select(c => new RequestOp { RequestRange = new() { Key = Key(c.Key) } }));
        return request;
    }

    internal static EtcdTxnResult Of(TxnResponse response) => new(response.Succeeded, response.Header.Revision,
        response.Succeeded ? [] : [.. response.Responses.SelectMany(r => r.ResponseRange.Kvs).Select(Of)]) { Cluster = response.Header.ClusterId };

    internal static EtcdEntry Of(KeyValue pair) => new(pair.Key.ToStringUtf8(), pair.Value.Memory, pair.ModRevision);

    internal static EtcdEvent Of(Event seen) => seen.Type == Event.Types.EventType.Put
        ? new EtcdEvent.Put(Of(seen.Kv))
        : new EtcdEvent.Deleted(seen.Kv.Key.ToStringUtf8(), seen.Kv.ModRevision);

    internal static EtcdStatus Of(StatusResponse status) =>
        new(status.Header.MemberId, status.Leader, status.RaftTerm, status.Version, status.DbSize, [.. status.Errors]);

    internal static IReadOnlyList<EtcdPeer> Of(IEnumerable<Member> members) => [.. members.Select(Of)];

    internal static EtcdPeer Of(Member member) => new(member.Id, member.Name, [.. member.PeerUrls], [.. member.ClientUrls]);

    private static IEnumerable<Compare> Of(EtcdCompare compare)
    {
        var (key, (revision, text)) = (Key(compare.Key), compare.Standing);
        yield return new() { Key = key, Target = Compare.Types.CompareTarget.Mod, Result = Compare.Types.CompareResult.Equal, ModRevision = revision };
        if (text is not null)
            yield return new() { Key = key, Target = Compare.Types.CompareTarget.Value, Result = Compare.Types.CompareResult.Equal, Value = ByteString.CopyFromUtf8(text) };
    }

    private static RequestOp Of(EtcdWrite write) => write.Value is { } value
        ? new() { RequestPut = new() { Key = Key(write.Key), Value = ByteString.CopyFrom(value.Span) } }
        : new() { RequestDeleteRange = new() { Key = Key(write.Key) } };
}
