using System.Globalization;
using System.Net.Http.Json;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;

namespace PgHa.Client.Calls;

/// <summary>
/// The agent of one node. Here is what agents ask of each other: facts of the node, its lock and its steps. Nothing throws because the agent
/// is away: that is an answer, with code 10.
/// </summary>
public sealed partial class AgentClient
{
    private const string Node = Routes.V2 + "/node";
    private static readonly TimeSpan Quick = TimeSpan.FromSeconds(2), AfterSilence = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan OfSlots = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Starting = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Reading = TimeSpan.FromSeconds(60);
    private readonly AgentConnection _connection;
    private readonly AgentCalls _calls;

    /// <summary>The agent that is there; nothing is asked yet.</summary>
    public AgentClient(AgentPlace place)
    {
        ArgumentNullException.ThrowIfNull(place);
        Name = place.Node;
        _connection = new(place.Time);
        _calls = new(place, AgentHttp.To(place, _connection));
    }

    /// <summary>An operation asks each node many times. One that has just let a call go unanswered, because it is frozen, is not waited for that long each time.</summary>
    private TimeSpan Soon => _connection.LeavesUnanswered ? AfterSilence : Quick;

    /// <summary>The name of the node.</summary>
    public string Name { get; }

    /// <summary><c>GET node</c>: what the node is now.</summary>
    /// <param name="fresh">False: an observation up to 100 ms old will do. True: one begun after this call.</param>
    /// <param name="cancel">Ends the wait.</param>
    public Task<Answer<NodeObservation>> ObserveAsync(bool fresh, CancellationToken cancel) =>
        _calls.AskAsync(HttpMethod.Get, $"{Node}?fresh={(fresh ? "true" : "false")}", Soon, WireJson.Default.NodeObservation, cancel);

    /// <summary><c>GET node/status</c>: what the node is now, and what else people ask for. An older agent says the first only.</summary>
    public async Task<Answer<NodeStatus>> StatusAsync(CancellationToken cancel)
    {
        var status = await _calls.AskAsync(HttpMethod.Get, $"{Node}/status", Soon, WireJson.Default.NodeStatus, cancel);
        if (status.IsOk || status.Refusal.Code != Code.Invalid)
            return status;
        var seen = await ObserveAsync(fresh: false, cancel);
        return seen.IsOk ? new NodeStatus { Seen = seen.Value } : seen.Refusal;
    }

    /// <summary><c>GET cluster/explain</c>: what its agent does about automatic failover, and why.</summary>
    public Task<Answer<ExplainReport>> ExplainAsync(CancellationToken cancel) =>
        _calls.AskAsync(HttpMethod.Get, $"{Routes.V2}/cluster/explain", Starting, WireJson.Default.ExplainReport, cancel);

    /// <summary><c>GET cluster/history</c>: each time the record changed hands.</summary>
    public Task<Answer<HistoryEntry[]>> HistoryAsync(CancellationToken cancel) =>
        _calls.AskAsync(HttpMethod.Get, $"{Routes.V2}/cluster/history", Starting, WireJson.Default.HistoryEntryArray, cancel);

    /// <summary><c>GET node/audit</c>: who has changed what through its agent, the oldest first.</summary>
    /// <param name="last">How many lines.</param>
    /// <param name="cancel">Ends the call.</param>
    public Task<Answer<AuditEntry[]>> AuditAsync(int last, CancellationToken cancel) =>
        _calls.AskAsync(HttpMethod.Get, $"{Node}/audit?last={last.ToString(CultureInfo.InvariantCulture)}", Reading, WireJson.Default.AuditEntryArray, cancel);

    /// <summary><c>POST cluster/pause</c> and <c>resume</c>; null, or why not.</summary>
    /// <param name="paused">Whether it is paused from now on.</param>
    /// <param name="node">The node; null: the whole cluster.</param>
    /// <param name="cancel">Ends the call.</param>
    public Task<Refusal?> PauseAsync(bool paused, string? node, CancellationToken cancel) =>
        _calls.TellAsync(HttpMethod.Post, $"{Routes.V2}/cluster/{(paused ? "pause" : "resume")}{(node is null ? "" : $"?node={Uri.EscapeDataString(node)}")}", Starting, cancel);

    /// <summary><c>POST cluster/manual</c> and <c>automatic</c>: hands the cluster to manual mode without a stop, or back; null, or why not.</summary>
    public Task<Refusal?> ChangeModeAsync(bool manual, CancellationToken cancel) =>
        _calls.TellAsync(HttpMethod.Post, $"{Routes.V2}/cluster/{(manual ? "manual" : "automatic")}", Starting, cancel);

    /// <summary><c>POST node/handover</c>: its machine is going down; what became of its place.</summary>
    /// <param name="seconds">How long it may take.</param>
    /// <param name="cancel">Ends the wait.</param>
    public Task<Answer<HandoverReport>> HandoverAsync(int seconds, CancellationToken cancel) =>
        _calls.AskAsync(HttpMethod.Post, $"{Node}/handover?within={seconds}", TimeSpan.FromSeconds(seconds) + Starting, WireJson.Default.HandoverReport, cancel);

    /// <summary><c>POST node/reload-config</c>: it reads its configuration again; what has changed, or why it stays as it was.</summary>
    public Task<Answer<ConfigurationChange>> ReloadConfigAsync(CancellationToken cancel) =>
        _calls.AskAsync(HttpMethod.Post, $"{Node}/reload-config", Starting, WireJson.Default.ConfigurationChange, cancel);

    /// <summary><c>GET node/next-start</c>: what the next start of its server would do.</summary>
    public Task<Answer<NextStart>> NextStartAsync(CancellationToken cancel) =>
        _calls.AskAsync(HttpMethod.Get, $"{Node}/next-start", Starting, WireJson.Default.NextStart, cancel);

    /// <summary><c>GET node/settings</c>: what it says of settings that are to be changed there.</summary>
    /// <param name="settings">The changes (<see cref="SettingChange.Text"/>).</param>
    /// <param name="cancel">Ends the wait.</param>
    public Task<Answer<SettingsReport>> SettingsAsync(string settings, CancellationToken cancel) =>
        _calls.AskAsync(HttpMethod.Get, $"{Node}/settings?settings={Uri.EscapeDataString(settings)}", Starting, WireJson.Default.SettingsReport, cancel);

    /// <summary><c>GET node/wal</c>: which WAL the node holds.</summary>
    public async Task<Answer<WalPosition>> PositionAsync(CancellationToken cancel)
    {
        var answer = await _calls.AskAsync(HttpMethod.Get, $"{Node}/wal", Reading, WireJson.Default.WalPosition, cancel);
        return answer.IsOk && !answer.Value.MakesSense ? _calls.Away(new InvalidDataException("its WAL position makes no sense")) : answer;
    }

    /// <summary><c>GET node/lsn</c>: the true last record of its WAL.</summary>
    public Task<Answer<LastRecord>> LastRecordAsync(CancellationToken cancel) =>
        _calls.AskAsync(HttpMethod.Get, $"{Node}/lsn", Reading, WireJson.Default.LastRecord, cancel);

    /// <summary><c>GET node/wal/digest</c>: a digest over a range of its WAL.</summary>
    public Task<Answer<WalDigest>> DigestAsync(Lsn from, Lsn to, CancellationToken cancel) =>
        _calls.AskAsync(HttpMethod.Get, $"{Node}/wal/digest?from={from}&to={to}", Reading, WireJson.Default.WalDigest, cancel);

    /// <summary><c>GET node/wal/tail</c>: what its WAL holds from a position on.</summary>
    public Task<Answer<WalTail>> TailAsync(Lsn at, CancellationToken cancel) =>
        _calls.AskAsync(HttpMethod.Get, $"{Node}/wal/tail?at={at}", Reading, WireJson.Default.WalTail, cancel);

    /// <summary><c>GET node/wal/bytes</c>: a range of its WAL that lies within one segment.</summary>
    public Task<Answer<long>> CopyAsync(Lsn from, Lsn to, Stream destination, CancellationToken cancel) =>
        _calls.PassAsync($"{Node}/wal/bytes?from={from}&to={to}", Reading, destination, cancel);

    /// <summary><c>GET walFile/NAME</c>: one file of its pg_wal.</summary>
    public Task<Answer<long>> CopyFileAsync(string file, Stream destination, CancellationToken cancel) =>
        _calls.PassAsync($"{Routes.V1}/walFile/{file}", Reading, destination, cancel);

    /// <summary><c>GET node/slots</c>: all of its replication slots.</summary>
    public Task<Answer<SlotsReport>> SlotsAsync(CancellationToken cancel) =>
        _calls.AskAsync(HttpMethod.Get, $"{Node}/slots", OfSlots, WireJson.Default.SlotsReport, cancel);

    /// <summary><c>GET node/slots/NAME/file</c>: the state file of one of its slots.</summary>
    public async Task<Answer<byte[]>> SlotFileAsync(string slot, CancellationToken cancel)
    {
        using var bytes = new MemoryStream();
        var copied = await _calls.PassAsync($"{Node}/slots/{slot}/file", Reading, bytes, cancel);
        return copied.IsOk ? bytes.ToArray() : copied.Refusal;
    }

    /// <summary><c>GET node/slots/decoding</c>: what decoding from a position on needs beside the slots.</summary>
    public Task<Answer<DecodingFile[]>> DecodingFilesAsync(Lsn from, CancellationToken cancel) =>
        _calls.AskAsync(HttpMethod.Get, $"{Node}/slots/decoding?from={from}", Reading, WireJson.Default.DecodingFileArray, cancel);

    /// <summary><c>POST node/slots/snapshot</c>: the running primary writes which transactions run.</summary>
    public Task<Answer<bool>> LogRunningTransactionsAsync(CancellationToken cancel) =>
        _calls.AskAsync(HttpMethod.Post, $"{Node}/slots/snapshot", OfSlots, WireJson.Default.Boolean, cancel);

    /// <summary><c>POST node/lock</c>: takes the node's lock if it is free.</summary>
    public Task<Answer<LockAnswer>> LockAsync(OperationLock wanted, CancellationToken cancel) =>
        _calls.AskAsync(HttpMethod.Post, $"{Node}/lock", Soon, WireJson.Default.LockAnswer, cancel,
            request => request.Content = JsonContent.Create(wanted, WireJson.Default.OperationLock));

    /// <summary><c>POST node/promise</c>: asks it not to become writable for a while, because the holder of the record cannot ask etcd.</summary>
    public Task<Answer<StayRequest>> PromiseAsync(StayRequest wanted, CancellationToken cancel) =>
        _calls.AskAsync(HttpMethod.Post, $"{Node}/promise", Quick, WireJson.Default.StayRequest, cancel,
            request => request.Content = JsonContent.Create(wanted, WireJson.Default.StayRequest));

    /// <summary><c>DELETE node/lock/OPERATION</c>: gives it back. The lock of a node that is away is not waited for.</summary>
    public Task<Refusal?> UnlockAsync(string operation, CancellationToken cancel) =>
        _calls.TellAsync(HttpMethod.Delete, $"{Node}/lock/{operation}", Soon, cancel);

    /// <summary><c>POST node/STEP</c>: one step.</summary>
    /// <param name="step">The step as it is called: <c>VERB?OPTIONS</c>.</param>
    /// <param name="within">How long it may take.</param>
    /// <param name="operation">The operation that holds the node's lock; null: by hand, an operation of its own.</param>
    /// <param name="number">Which of the operation's steps it is: one that comes twice is carried out once. Null: it has none.</param>
    /// <param name="cancel">Ends the wait, not the step.</param>
    public Task<Answer<StepResult>> StepAsync(string step, TimeSpan within, string? operation, int? number, CancellationToken cancel) =>
        _calls.AskAsync(HttpMethod.Post, $"{Node}/{step}", within, WireJson.Default.StepResult, cancel,
            request =>
            {
                if (operation is not null)
                    request.Headers.Add(Routes.OperationHeader, operation);
                if (number is { } known)
                    request.Headers.Add(Routes.StepHeader, known.ToString(CultureInfo.InvariantCulture));
            });
}
