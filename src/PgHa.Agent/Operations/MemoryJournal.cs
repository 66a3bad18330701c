using System.Text.Json;
using PgHa.Client;
using PgHa.Client.Operations;

namespace PgHa.Agent.Operations;

/// <summary>
/// A journal for simulated agents. It outlives them as a disk does: whoever opens it next finds what was written last, as it would be read
/// from a file, and nothing that came later.
/// </summary>
public sealed class MemoryJournal : IJournal
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, OperationReport> _files = [];

    /// <summary>Nothing can be written from now on, as on a full disk; what was written stays.</summary>
    public bool Full { get; set; }

    /// <inheritdoc />
    public IReadOnlyList<string> Unread => [];

    /// <inheritdoc />
    public IReadOnlyList<OperationReport> Load()
    {
        lock (_gate)
            return [.. _files.OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => Read(f.Value))];
    }

    /// <inheritdoc />
    public void Write(OperationReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        if (Full)
            throw new IOException("no space left on the simulated disk");
        lock (_gate)
            _files[report.Id] = report;
    }

    /// <inheritdoc />
    public void Remove(string id)
    {
        lock (_gate)
            _files.Remove(id);
    }

    /// <summary>Reports never change; what a file would not keep of them is lost here, too.</summary>
    private static OperationReport Read(OperationReport report) =>
        JsonSerializer.Deserialize(JsonSerializer.SerializeToUtf8Bytes(report, WireJson.Default.OperationReport), WireJson.Default.OperationReport)!;
}
