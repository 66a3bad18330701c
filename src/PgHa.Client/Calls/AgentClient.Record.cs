using PgHa.Client.Facts;
using PgHa.Client.Operations;

namespace PgHa.Client.Calls;

/// <summary>The calls of an operator who answers for the record.</summary>
public sealed partial class AgentClient
{
    /// <summary><c>POST cluster/record/recreate</c>: the record of an etcd that was emptied or restored is made again.</summary>
    /// <param name="gone">Nodes that are gone for good, as the operator says.</param>
    /// <param name="dryRun">Only says what would be done.</param>
    /// <param name="cancel">Ends the wait.</param>
    public Task<Answer<RecordChange>> RecreateRecordAsync(IReadOnlyCollection<string> gone, bool dryRun, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(gone);
        var force = gone.Count == 0 ? "" : $"&force={Uri.EscapeDataString(string.Join(',', gone))}";
        return _calls.AskAsync(HttpMethod.Post, $"{Routes.V2}/cluster/record/recreate?dryRun={(dryRun ? "true" : "false")}{force}", Starting, WireJson.Default.RecordChange, cancel);
    }

    /// <summary><c>POST cluster/record/release</c>: the record is given up for a holder that is gone.</summary>
    /// <param name="node">The holder.</param>
    /// <param name="dryRun">Only says what would be done.</param>
    /// <param name="cancel">Ends the wait.</param>
    public Task<Answer<RecordChange>> ReleaseRecordAsync(string node, bool dryRun, CancellationToken cancel) =>
        _calls.AskAsync(HttpMethod.Post, $"{Routes.V2}/cluster/record/release?node={Uri.EscapeDataString(node)}&dryRun={(dryRun ? "true" : "false")}", Starting, WireJson.Default.RecordChange, cancel);
}
