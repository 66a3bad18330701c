using System.Collections.Concurrent;
using System.Text.Json;
using PgHa.Agent.Files;
using PgHa.Client;
using PgHa.Client.Operations;

namespace PgHa.Agent.Operations;

/// <summary>
/// The operations of this agent, newest first, kept as one JSON file each under <c>state_dir/operations</c>. A file is replaced
/// whole and fsynced, so that after a crash it says which step was under way.
/// </summary>
public sealed class OperationStore
{
    private const int Kept = 200;
    private readonly Lock _gate = new();
    private readonly string _folder;
    private readonly ConcurrentDictionary<string, OperationReport> _reports = new();

    /// <summary>Opens the store; what was running when the agent died is marked as interrupted.</summary>
    public OperationStore(string stateDir)
    {
        _folder = Path.Combine(stateDir, "operations");
        Directory.CreateDirectory(_folder);
        DurableFile.RemoveUnfinished(_folder);
        foreach (var file in Directory.EnumerateFiles(_folder, "*.json"))
            Load(file);
    }

    /// <summary>All operations, newest first.</summary>
    public IEnumerable<OperationReport> All => _reports.Values.OrderByDescending(r => r.Id, StringComparer.Ordinal);

    /// <summary>One operation, or null.</summary>
    public OperationReport? Find(string id) => _reports.GetValueOrDefault(id);

    /// <summary>Keeps the first report of an operation durably; without a journal no operation begins.</summary>
    public void Begin(OperationReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        lock (_gate)
            Write(report);
        foreach (var old in All.Skip(Kept).ToArray())
            if (_reports.TryRemove(old.Id, out _))
                File.Delete(PathOf(old.Id));
    }

    /// <summary>
    /// Changes a report and keeps it durably, one change at a time: the steps of a stage report at once. A role change does not stop
    /// half way because the disk of the journal is full; the report says so instead.
    /// </summary>
    public OperationReport Update(Operation operation, Func<OperationReport, OperationReport> change)
    {
        ArgumentNullException.ThrowIfNull(operation);
        lock (_gate)
        {
            var report = operation.Update(change);
            try
            {
                Write(report);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                report = operation.Update(r => r with { JournalProblem = e.Message });
                _reports[report.Id] = report;
            }
            return report;
        }
    }

    private string PathOf(string id) => Path.Combine(_folder, id + ".json");

    private void Write(OperationReport report)
    {
        DurableFile.Replace(PathOf(report.Id), JsonSerializer.SerializeToUtf8Bytes(report, WireJson.Default.OperationReport));
        _reports[report.Id] = report;
    }

    private void Load(string file)
    {
        OperationReport? report;
        try
        {
            report = JsonSerializer.Deserialize(File.ReadAllBytes(file), WireJson.Default.OperationReport);
        }
        catch (JsonException)
        {
            // A file this version cannot read is no reason not to start; it stays on disk for people.
            return;
        }
        if (report is { State: OperationState.Running or OperationState.Waiting })
            Write(report with { State = OperationState.Interrupted, WaitsUntil = null });
        else if (report is not null)
            _reports[report.Id] = report;
    }
}
