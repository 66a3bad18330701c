using System.Text.Json;
using PgHa.Agent.Leadership;
using PgHa.Client;
using PgHa.Client.Operations;

namespace PgHa.Agent.Etcd;

/// <summary>The switchover that is to be carried out later (<c>scheduled</c>), and what became of the last one (<c>scheduled-last</c>).</summary>
/// <param name="client">The client, which is not disposed of.</param>
/// <param name="cluster">The cluster's name.</param>
/// <param name="within">The bound of each question.</param>
public sealed class EtcdSchedule(EtcdClient client, string cluster, TimeSpan within)
{
    private readonly string _scheduled = $"/pgha/{cluster}/scheduled", _last = $"/pgha/{cluster}/scheduled-last";

    /// <summary>What stands there. Something that is not understood is an outage: it is neither carried out nor taken for nothing.</summary>
    public async Task<EtcdAnswer<ScheduleSight>> ReadAsync(CancellationToken cancel)
    {
        var range = await client.ReadPrefixAsync(_scheduled, 2, within, cancel);
        return range.IsOk ? Read(range.Value.Of(_scheduled), range.Value.Of(_last)) : range.Outage;
    }

    /// <summary>Puts it there where nothing is; what stands there then.</summary>
    public async Task<EtcdAnswer<ScheduleSight>> AddAsync(ScheduledSwitchover wanted, CancellationToken cancel)
    {
        var added = await client.CommitAsync(EtcdTxn.Swap(_scheduled, default, JsonSerializer.SerializeToUtf8Bytes(wanted, WireJson.Default.ScheduledSwitchover)), within, cancel);
        return added.IsOk ? await ReadAsync(cancel) : added.Outage;
    }

    /// <summary>Takes it away, if it is still there as it was seen, and says what became of it. Whether that was done the next look shows: it holds this outcome then.</summary>
    public async Task<EtcdAnswer<ScheduleSight>> EndAsync(ScheduleSight seen, ScheduleOutcome outcome, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(seen);
        var txn = new EtcdTxn([new(_scheduled, seen.Standing)], [new(_scheduled, null), new(_last, Written(outcome))]);
        var ended = await client.CommitAsync(txn, within, cancel);
        return ended.IsOk ? await ReadAsync(cancel) : ended.Outage;
    }

    /// <summary>Says more of what became of it.</summary>
    public async Task<bool> NoteAsync(ScheduleOutcome outcome, CancellationToken cancel) => (await client.CommitAsync(new EtcdTxn([], [new(_last, Written(outcome))]), within, cancel)).IsOk;

    private static byte[] Written(ScheduleOutcome outcome) => JsonSerializer.SerializeToUtf8Bytes(outcome, WireJson.Default.ScheduleOutcome);

    private static EtcdAnswer<ScheduleSight> Read(EtcdEntry? scheduled, EtcdEntry? last)
    {
        try
        {
            return new ScheduleSight(
                new(scheduled is null ? null : JsonSerializer.Deserialize(scheduled.Value.Span, WireJson.Default.ScheduledSwitchover),
                    last is null ? null : JsonSerializer.Deserialize(last.Value.Span, WireJson.Default.ScheduleOutcome)),
                EtcdEntry.Standing(scheduled));
        }
        catch (JsonException e)
        {
            return new Outage($"what is scheduled is not understood: {e.Message}", "etcdctl get --prefix on the key scheduled of the cluster shows it");
        }
    }
}

/// <summary>What is scheduled, as it was seen.</summary>
/// <param name="Report">What it says.</param>
/// <param name="Standing">What a swap replaces.</param>
public sealed record ScheduleSight(ScheduleReport Report, Standing Standing);
