using System.Net.Http.Json;
using PgHa.Client.Facts;
using PgHa.Client.Operations;
using PgHa.Formats;

namespace PgHa.Client.Calls;

/// <summary>What operators ask of an agent: the cluster, its operations, and changes.</summary>
public sealed partial class AgentClient
{
    /// <summary>A call that begins an operation is answered when it is decided: until then all nodes are looked at, and their WAL is compared.</summary>
    private static readonly TimeSpan Deciding = TimeSpan.FromMinutes(5);

    /// <summary>A person looks: an agent that says nothing for so long is shown as one that does not answer.</summary>
    private static readonly TimeSpan Looking = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Uploading = TimeSpan.FromMinutes(10);

    /// <summary><c>GET cluster</c>: all facts of all nodes, in the order of the configuration.</summary>
    public Task<Answer<NodeObservation[]>> ClusterAsync(CancellationToken cancel) =>
        _calls.AskAsync(HttpMethod.Get, $"{Routes.V2}/cluster", Reading, WireJson.Default.NodeObservationArray, cancel);

    /// <summary><c>GET cluster/status</c>: the cluster at one look.</summary>
    public Task<Answer<ClusterStatus>> ClusterStatusAsync(CancellationToken cancel) =>
        _calls.AskAsync(HttpMethod.Get, $"{Routes.V2}/cluster/status", Looking, WireJson.Default.ClusterStatus, cancel);

    /// <summary><c>GET instance/SCOPE</c>: the states in the specification's words, by node.</summary>
    /// <param name="scope"><c>current</c>, <c>all</c> or a node.</param>
    /// <param name="cancel">Ends the wait.</param>
    public Task<Answer<Dictionary<string, string>>> StatesAsync(string scope, CancellationToken cancel) =>
        _calls.AskAsync(HttpMethod.Get, $"{Routes.V1}/instance/{Uri.EscapeDataString(scope)}", Reading, WireJson.Default.DictionaryStringString, cancel);

    /// <summary><c>POST cluster/VERB</c>: begins a change in native words, and answers its operation; with a dry run only its plan.</summary>
    /// <param name="verb"><c>start</c>, <c>stop</c>, <c>switchover</c>, <c>failover</c> or <c>rejoin</c>.</param>
    /// <param name="change">What is asked for.</param>
    /// <param name="key">Names the call, so that it is carried out once however often it comes; null: each is another one.</param>
    /// <param name="cancel">Ends the wait, not the operation.</param>
    public Task<Answer<OperationReport>> ChangeAsync(string verb, ClusterChange change, string? key, CancellationToken cancel) =>
        _calls.AskAsync(HttpMethod.Post, $"{Routes.V2}/cluster/{verb}", Deciding, WireJson.Default.OperationReport, cancel, request =>
        {
            Identify(request, key);
            request.Content = JsonContent.Create(change, WireJson.Default.ClusterChange);
        });

    /// <summary><c>POST cluster/set/series</c>: what is left to do until settings are in force on all nodes. Changes nothing.</summary>
    /// <param name="change">The settings; <c>by</c> <c>restart</c> restarts the primary where it is; <c>force</c> leaves nodes out that cannot be changed.</param>
    /// <param name="cancel">Ends the wait.</param>
    public Task<Answer<SettingsSeries>> SettingsSeriesAsync(ClusterChange change, CancellationToken cancel) =>
        _calls.AskAsync(HttpMethod.Post, $"{Routes.V2}/cluster/set/series", Deciding, WireJson.Default.SettingsSeries, cancel,
            request => request.Content = JsonContent.Create(change, WireJson.Default.ClusterChange));

    /// <summary><c>POST cluster/switchover</c> with <c>at</c>: schedules it.</summary>
    public Task<Answer<ScheduledSwitchover>> ScheduleAsync(ClusterChange change, CancellationToken cancel) =>
        _calls.AskAsync(HttpMethod.Post, $"{Routes.V2}/cluster/switchover", Starting, WireJson.Default.ScheduledSwitchover, cancel,
            request => request.Content = JsonContent.Create(change, WireJson.Default.ClusterChange));

    /// <summary><c>GET cluster/scheduled</c>: what is scheduled, and what became of the last one.</summary>
    public Task<Answer<ScheduleReport>> ScheduledAsync(CancellationToken cancel) =>
        _calls.AskAsync(HttpMethod.Get, $"{Routes.V2}/cluster/scheduled", Starting, WireJson.Default.ScheduleReport, cancel);

    /// <summary><c>DELETE cluster/scheduled</c>: cancels it; null, or why not.</summary>
    public Task<Refusal?> CancelScheduledAsync(CancellationToken cancel) => _calls.TellAsync(HttpMethod.Delete, $"{Routes.V2}/cluster/scheduled", Starting, cancel);

    /// <summary>A change in the specification's words: answers when its effect can be seen, with the states of all nodes.</summary>
    /// <param name="call">The call as it is typed: <c>POST instance/failover/promote?to=NODE</c>. Neither <c>dryRun</c> nor <c>stepwise</c>.</param>
    /// <param name="within">How long to wait for the effect; past it the operation goes on.</param>
    /// <param name="key">As in <see cref="ChangeAsync"/>.</param>
    /// <param name="cancel">Ends the wait, not the operation.</param>
    public Task<Answer<ChangeOutcome>> CallAsync(string call, TimeSpan within, string? key, CancellationToken cancel)
    {
        var (method, path) = Parts(call);
        var bounded = With(path, $"timeout={(int)within.TotalSeconds}");
        return _calls.SendAsync<ChangeOutcome>(method, bounded, within + Deciding, request => Identify(request, key), async (response, bound) =>
        {
            var states = _calls.Read(await response.Content.ReadAsByteArrayAsync(bound), WireJson.Default.DictionaryStringString);
            return states.IsOk ? ChangeOutcome.Of(states.Value, response.Headers) : states.Refusal;
        }, cancel);
    }

    /// <summary>The plan of a change in the specification's words: a dry run.</summary>
    public Task<Answer<OperationReport>> PlanAsync(string call, CancellationToken cancel)
    {
        var (method, path) = Parts(call);
        return _calls.AskAsync(method, With(path, "dryRun=true"), Deciding, WireJson.Default.OperationReport, cancel);
    }

    /// <summary>A change in the specification's words that waits before each step (<see cref="ResumeAsync"/>).</summary>
    public Task<Answer<OperationReport>> BeginStepwiseAsync(string call, string? key, CancellationToken cancel)
    {
        var (method, path) = Parts(call);
        return _calls.AskAsync(method, With(path, "stepwise=true"), Deciding, WireJson.Default.OperationReport, cancel, request => Identify(request, key));
    }

    /// <summary><c>GET operations</c>: those that this agent has carried out, newest first.</summary>
    public Task<Answer<OperationReport[]>> OperationsAsync(CancellationToken cancel) =>
        _calls.AskAsync(HttpMethod.Get, $"{Routes.V2}/operations", Reading, WireJson.Default.OperationReportArray, cancel);

    /// <summary><c>GET operations/ID</c>: one of them, with how far its steps are.</summary>
    public Task<Answer<OperationReport>> OperationAsync(string id, CancellationToken cancel) =>
        _calls.AskAsync(HttpMethod.Get, $"{Routes.V2}/operations/{Uri.EscapeDataString(id)}", Reading, WireJson.Default.OperationReport, cancel);

    /// <summary><c>POST operations/ID/resume</c>: lets a stepwise operation go on by so many steps; null: to its end.</summary>
    public Task<Answer<OperationReport>> ResumeAsync(string id, int? steps, string? key, CancellationToken cancel) =>
        _calls.AskAsync(HttpMethod.Post, $"{Routes.V2}/operations/{Uri.EscapeDataString(id)}/resume?{(steps is { } some ? $"steps={some}" : "all=true")}",
            Reading, WireJson.Default.OperationReport, cancel, request => Identify(request, key));

    /// <summary><c>POST operations/ID/abandon</c>: ends an operation that waits, or frees the locks of one whose agent is gone. Null when it is done.</summary>
    public Task<Refusal?> AbandonAsync(string id, CancellationToken cancel) =>
        _calls.TellAsync(HttpMethod.Post, $"{Routes.V2}/operations/{Uri.EscapeDataString(id)}/abandon", Deciding, cancel);

    /// <summary><c>GET salvage</c>: what was salvaged on the node, newest first, without the lost commits.</summary>
    public Task<Answer<SalvageReport[]>> SalvagesAsync(CancellationToken cancel) =>
        _calls.AskAsync(HttpMethod.Get, $"{Routes.V2}/salvage", Reading, WireJson.Default.SalvageReportArray, cancel);

    /// <summary><c>GET salvage/ID</c>: one of them, whole.</summary>
    public Task<Answer<SalvageReport>> SalvageAsync(string id, CancellationToken cancel) =>
        _calls.AskAsync(HttpMethod.Get, $"{Routes.V2}/salvage/{Uri.EscapeDataString(id)}", Reading, WireJson.Default.SalvageReport, cancel);

    /// <summary><c>GET lsn/SCOPE</c>: the true last record of each node, by node.</summary>
    /// <param name="scope"><c>current</c>, <c>all</c> or a node.</param>
    /// <param name="cancel">Ends the wait.</param>
    public Task<Answer<Dictionary<string, NodeLsn>>> LastRecordsAsync(string scope, CancellationToken cancel) =>
        _calls.AskAsync(HttpMethod.Get, $"{Routes.V1}/lsn/{Uri.EscapeDataString(scope)}", Reading, WireJson.Default.DictionaryStringNodeLsn, cancel);

    /// <summary><c>GET walFiles/NAME</c>: what lies in its pg_wal from a segment on.</summary>
    public Task<Answer<WalFileEntry[]>> WalFilesAsync(string from, CancellationToken cancel) =>
        _calls.AskAsync(HttpMethod.Get, $"{Routes.V1}/walFiles/{Uri.EscapeDataString(from)}", Uploading, WireJson.Default.WalFileEntryArray, cancel);

    /// <summary><c>GET validLsn/TIMELINE/HI/LO</c>: whether a record starts at a position.</summary>
    public Task<Answer<WalCheck>> CheckAsync(TimelineId timeline, Lsn at, CancellationToken cancel) =>
        _calls.AskAsync(HttpMethod.Get, $"{Routes.V1}/validLsn/{timeline.Value}/{at}", Reading, WireJson.Default.WalCheck, cancel);

    /// <summary><c>PUT walFile/NAME</c>: gives the stopped node a file of WAL. Null when it has taken its place.</summary>
    public Task<Refusal?> PlaceFileAsync(string file, Stream content, CancellationToken cancel) =>
        _calls.TellAsync(HttpMethod.Put, $"{Routes.V1}/walFile/{file}", Uploading, cancel, request => request.Content = new StreamContent(content));

    private static (HttpMethod Method, string Path) Parts(string call)
    {
        ArgumentNullException.ThrowIfNull(call);
        return call.Split(' ', 2) is [var method, var path] ? (HttpMethod.Parse(method), $"{Routes.V1}/{path}") : throw new ArgumentException($"{call} is no call", nameof(call));
    }

    private static string With(string path, string option) => path + (path.Contains('?', StringComparison.Ordinal) ? '&' : '?') + option;

    private static void Identify(HttpRequestMessage request, string? key)
    {
        if (key is not null)
            request.Headers.Add(Routes.KeyHeader, key);
    }
}
