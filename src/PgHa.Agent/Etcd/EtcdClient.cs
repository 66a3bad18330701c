using System.Net.Security;
using PgHa.Agent.Configuration;
using PgHa.Agent.Etcd.Wire;

namespace PgHa.Agent.Etcd;

/// <summary>
/// Calls etcd. Every read and every transaction goes through its leader; there are no retries that the caller does not see. A call that fails, is late or
/// is refused gives an <see cref="Outage"/>; only the caller's own cancellation throws.
/// </summary>
public sealed class EtcdClient : IEtcdKeys, IDisposable
{
    private readonly EndpointOrder<EtcdEndpoint> _order;
    private readonly HedgedCall<EtcdEndpoint> _calls;
    private readonly EtcdTerm _term = new();
    private readonly TimeProvider _time;

    private EtcdClient(EtcdOptions options, SslClientAuthenticationOptions? tls, TimeProvider time)
    {
        _order = new([.. options.Endpoints.Select(url => new EtcdEndpoint(url, options, tls))]);
        _calls = new(_order, time);
        _time = time;
    }

    /// <summary>A client of the etcd that the configuration names, or what is wrong with the files for TLS. Nothing is connected yet.</summary>
    public static (EtcdClient? Client, ConfigurationError? Error) Create(EtcdOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        var (tls, error) = options.Endpoints.Any(e => e.Scheme == Uri.UriSchemeHttps) ? EtcdConnection.Tls(options) : default;
        return error is null ? (new(options, tls, time), null) : (null, error);
    }

    /// <summary>The endpoints, in the order in which they are tried next.</summary>
    public IReadOnlyList<Uri> Endpoints => [.. _order.Current.Select(e => e.Url)];

    /// <summary>Reads one key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="within">The bound.</param>
    /// <param name="cancel">Ends the call.</param>
    public Task<EtcdAnswer<EtcdRange>> ReadAsync(string key, TimeSpan within, CancellationToken cancel) =>
        RangeAsync(new() { Key = WireForm.Key(key) }, 1, key, within, cancel);

    /// <summary>Reads all keys that begin with a prefix. More of them than expected are an outage: a part of them is never taken for all.</summary>
    /// <param name="prefix">The prefix, not empty.</param>
    /// <param name="most">How many keys are expected at most.</param>
    /// <param name="within">The bound.</param>
    /// <param name="cancel">Ends the call.</param>
    public Task<EtcdAnswer<EtcdRange>> ReadPrefixAsync(string prefix, int most, TimeSpan within, CancellationToken cancel)
    {
        ArgumentException.ThrowIfNullOrEmpty(prefix);
        return RangeAsync(new() { Key = WireForm.Key(prefix), RangeEnd = WireForm.EndOf(prefix), Limit = most }, most, prefix, within, cancel);
    }

    /// <summary>
    /// Compares and writes. A member that is silent is not waited for: the same transaction then goes to another one, too. Of two results the success
    /// counts; see <see cref="EtcdTxnResult"/> for a failed comparison.
    /// </summary>
    /// <param name="txn">What is compared and written.</param>
    /// <param name="within">The bound.</param>
    /// <param name="cancel">Ends the call. The transaction may be done all the same.</param>
    public Task<EtcdAnswer<EtcdTxnResult>> CommitAsync(EtcdTxn txn, TimeSpan within, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(txn);
        var request = WireForm.Of(txn);
        return _calls.RunAsync(CommitAtAsync, within, r => r.Succeeded, hedged: true, cancel);

        async Task<EtcdAnswer<EtcdTxnResult>> CommitAtAsync(EtcdEndpoint endpoint, CancellationToken bound) =>
            (await endpoint.AskAsync(o => endpoint.Keys.TxnAsync(request, o), bound)).As(r => WireForm.Of(_term.Seen(r, r.Header)));
    }

    /// <summary>
    /// Watches all keys that begin with a prefix. The events come in order, each once. When the member fails, is silent, has no leader, or was left behind by
    /// the others, the watch says so and goes on elsewhere from the revision that it had reached. It ends only with <see cref="EtcdEvent.Compacted"/>.
    /// </summary>
    /// <param name="prefix">The prefix, not empty.</param>
    /// <param name="from">The first revision whose events are wanted, at least 1: one more than that of the read before.</param>
    /// <param name="silence">A member that has said nothing for so long, although it was asked, is left.</param>
    /// <param name="cancel">Ends the watch.</param>
    public IAsyncEnumerable<EtcdEvent> WatchAsync(string prefix, long from, TimeSpan silence, CancellationToken cancel)
    {
        ArgumentException.ThrowIfNullOrEmpty(prefix);
        ArgumentOutOfRangeException.ThrowIfLessThan(from, 1);
        return new EtcdWatch(_order, _term, _time, prefix, silence).EventsAsync(from, cancel);
    }

    /// <summary>What the member behind one of the endpoints says of itself. It says so without a leader, too.</summary>
    /// <param name="endpoint">One of <see cref="Endpoints"/>.</param>
    /// <param name="within">The bound.</param>
    /// <param name="cancel">Ends the call.</param>
    public Task<EtcdAnswer<EtcdStatus>> StatusAsync(Uri endpoint, TimeSpan within, CancellationToken cancel)
    {
        var only = new EndpointOrder<EtcdEndpoint>([_order.Current.First(e => e.Url == endpoint)]);
        return new HedgedCall<EtcdEndpoint>(only, _time).RunAsync(
            async (e, bound) => (await e.AskAsync(o => e.Maintenance.StatusAsync(new(), o), bound)).As(WireForm.Of), within, _ => true, hedged: false, cancel);
    }

    /// <summary>The members, as one of them knows them: it may be behind the others.</summary>
    /// <param name="within">The bound.</param>
    /// <param name="cancel">Ends the call.</param>
    public Task<EtcdAnswer<IReadOnlyList<EtcdPeer>>> MembersAsync(TimeSpan within, CancellationToken cancel) => _calls.RunAsync(
        async (e, bound) => (await e.AskAsync(o => e.Membership.MemberListAsync(new(), o), bound)).As(r => WireForm.Of(r.Members)), within, _ => true, hedged: true, cancel);

    /// <summary>Adds a member that has not been started yet. It counts at once.</summary>
    /// <param name="peer">Where the others will call it.</param>
    /// <param name="within">The bound.</param>
    /// <param name="cancel">Ends the call.</param>
    public Task<EtcdAnswer<IReadOnlyList<EtcdPeer>>> AddMemberAsync(string peer, TimeSpan within, CancellationToken cancel) => _calls.RunAsync(
        async (e, bound) => (await e.AskAsync(o => e.Membership.MemberAddAsync(new() { PeerUrls = { peer } }, o), bound)).As(r => WireForm.Of(r.Members)),
        within, _ => true, hedged: false, cancel);

    /// <summary>Removes a member for good.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="within">The bound.</param>
    /// <param name="cancel">Ends the call.</param>
    public Task<EtcdAnswer<IReadOnlyList<EtcdPeer>>> RemoveMemberAsync(ulong id, TimeSpan within, CancellationToken cancel) => _calls.RunAsync(
        async (e, bound) => (await e.AskAsync(o => e.Membership.MemberRemoveAsync(new() { Id = id }, o), bound)).As(r => WireForm.Of(r.Members)),
        within, _ => true, hedged: false, cancel);

    /// <inheritdoc />
    public void Dispose()
    {
        foreach (var endpoint in _order.Current)
            endpoint.Dispose();
    }

    private Task<EtcdAnswer<EtcdRange>> RangeAsync(RangeRequest request, int most, string what, TimeSpan within, CancellationToken cancel)
    {
        return _calls.RunAsync(ReadAtAsync, within, _ => true, hedged: true, cancel);

        async Task<EtcdAnswer<EtcdRange>> ReadAtAsync(EtcdEndpoint endpoint, CancellationToken bound)
        {
            var answer = await endpoint.AskAsync(o => endpoint.Keys.RangeAsync(request, o), bound);
            return answer is { IsOk: true, Value.More: true }
                ? new Outage($"{endpoint.Url.Authority}: {what} has more than {most} keys", "remove what does not belong there: etcdctl get --prefix --keys-only " + what)
                : answer.As(r => new EtcdRange(_term.Seen(r, r.Header).Header.Revision, [.. r.Kvs.Select(WireForm.Of)]) { Cluster = r.Header.ClusterId });
        }
    }
}
