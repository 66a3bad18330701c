using System.Text;
using PgHa.Agent.Etcd;

namespace PgHa.Cluster.Tests.Etcd;

/// <summary>Words for the tests of etcd.</summary>
public abstract class EtcdTest
{
    internal static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);

    internal static CancellationToken Cancel => TestContext.Current.CancellationToken;

    internal static ReadOnlyMemory<byte> Bytes(string text) => Encoding.UTF8.GetBytes(text);

    internal static EtcdTxn Put(string key, string value) => new([], [new(key, Bytes(value))]);

    internal static EtcdTxn Swap(string key, long revision, string value) => EtcdTxn.Swap(key, new(revision, null), Bytes(value));

    /// <summary>The revision of a transaction that must succeed.</summary>
    internal static async Task<long> Commit(EtcdClient client, EtcdTxn txn)
    {
        var result = await client.CommitAsync(txn, Bound, Cancel);
        Assert.True(result.IsOk, result.Outage?.ToString());
        Assert.True(result.Value.Succeeded);
        return result.Value.Revision;
    }

    internal static async Task<EtcdEntry?> Read(EtcdClient client, string key)
    {
        var range = await client.ReadAsync(key, Bound, Cancel);
        Assert.True(range.IsOk, range.Outage?.ToString());
        return range.Value.Of(key);
    }

    /// <summary>How long it takes until a call is answered again.</summary>
    internal static Task<TimeSpan> Answers(EtcdClient client, double seconds = 30) =>
        Wait.Until("etcd answers again", async () => (await client.ReadAsync("/k", TimeSpan.FromSeconds(1), Cancel)).IsOk, seconds);

    internal static string Words(EtcdEvent seen) => seen switch
    {
        EtcdEvent.Put put => $"{put.Entry.Key}={put.Entry.Text}",
        EtcdEvent.Deleted deleted => $"{deleted.Key} is gone",
        EtcdEvent.Compacted => "compacted",
        _ => "broken",
    };
}
