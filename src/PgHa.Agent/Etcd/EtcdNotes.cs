using System.Globalization;
using System.Text.Json;
using PgHa.Client;
using PgHa.Client.Facts;

namespace PgHa.Agent.Etcd;

/// <summary>What stands in etcd beside the record: why it changed hands (<c>history/EPOCH</c>), and where automatic failover is paused (<c>pause</c>, <c>pause/NODE</c>).</summary>
/// <param name="client">The client, which is not disposed of.</param>
/// <param name="cluster">The cluster's name.</param>
/// <param name="within">The bound of each question.</param>
public sealed class EtcdNotes(EtcdClient client, string cluster, TimeSpan within)
{
    private const int MostEntries = 10_000, MostPauses = 1000;
    private readonly string _history = $"/pgha/{cluster}/history/", _pause = $"/pgha/{cluster}/pause";

    /// <summary>Writes an entry unless one of that epoch stands there; whether one does now.</summary>
    public async Task<bool> WriteAsync(HistoryEntry entry, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(entry);
        var key = _history + entry.Epoch.ToString("D12", CultureInfo.InvariantCulture);
        return (await client.CommitAsync(EtcdTxn.Swap(key, default, JsonSerializer.SerializeToUtf8Bytes(entry, WireJson.Default.HistoryEntry)), within, cancel)).IsOk;
    }

    /// <summary>All entries, the oldest first; those that are not understood are left out.</summary>
    public async Task<EtcdAnswer<HistoryEntry[]>> HistoryAsync(CancellationToken cancel)
    {
        var range = await client.ReadPrefixAsync(_history, MostEntries, within, cancel);
        return range.As<HistoryEntry[]>(r => [.. r.Entries.Select(Read).OfType<HistoryEntry>()]);
    }

    /// <summary>Where it is paused.</summary>
    public async Task<EtcdAnswer<Pauses>> PausesAsync(CancellationToken cancel)
    {
        var range = await client.ReadPrefixAsync(_pause, MostPauses, within, cancel);
        return range.As(r => new Pauses(r.Of(_pause) is not null, [.. r.Entries.Where(e => e.Key.StartsWith(_pause + "/", StringComparison.Ordinal)).Select(e => e.Key[(_pause.Length + 1)..])]));
    }

    /// <summary>Pauses it, or goes on.</summary>
    /// <param name="node">The node; null: the whole cluster. What is paused by itself stays so.</param>
    /// <param name="why">Who wants it, and why; null: it goes on.</param>
    /// <param name="cancel">Ends the call.</param>
    public async Task<EtcdAnswer<bool>> SetPauseAsync(string? node, string? why, CancellationToken cancel)
    {
        var write = new EtcdWrite(node is null ? _pause : $"{_pause}/{node}", why is null ? (ReadOnlyMemory<byte>?)null : System.Text.Encoding.UTF8.GetBytes(why));
        return (await client.CommitAsync(new EtcdTxn([], [write]), within, cancel)).As(r => r.Succeeded);
    }

    private static HistoryEntry? Read(EtcdEntry entry)
    {
        try
        {
            return JsonSerializer.Deserialize(entry.Value.Span, WireJson.Default.HistoryEntry);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
