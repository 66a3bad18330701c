namespace PgHa.Agent.Etcd;

/// <summary>The keys in etcd: the real ones, and simulated ones.</summary>
public interface IEtcdKeys
{
    /// <summary>Reads one key, linearizably.</summary>
    /// <param name="key">The key.</param>
    /// <param name="within">The bound.</param>
    /// <param name="cancel">Ends the call.</param>
    Task<EtcdAnswer<EtcdRange>> ReadAsync(string key, TimeSpan within, CancellationToken cancel);

    /// <summary>Reads all keys that begin with a prefix, linearizably. More of them than expected are an outage: a part of them is never taken for all.</summary>
    /// <param name="prefix">The prefix, not empty.</param>
    /// <param name="most">How many keys are expected at most.</param>
    /// <param name="within">The bound.</param>
    /// <param name="cancel">Ends the call.</param>
    Task<EtcdAnswer<EtcdRange>> ReadPrefixAsync(string prefix, int most, TimeSpan within, CancellationToken cancel);

    /// <summary>Compares and writes, all or nothing. Where there is no answer it may have been done, or be done later.</summary>
    /// <param name="txn">What is compared and written.</param>
    /// <param name="within">The bound.</param>
    /// <param name="cancel">Ends the call. The transaction may be done all the same.</param>
    Task<EtcdAnswer<EtcdTxnResult>> CommitAsync(EtcdTxn txn, TimeSpan within, CancellationToken cancel);
}
