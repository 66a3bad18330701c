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
    private readonly List<string> _unread = [];

    /// <summary>Opens the store; what was running when the agent died is marked as interrupted.</summary>
    public OperationStore(string stateDir)
    {
        _folder = Path.Combine(stateDir, "operations");
        Directory.CreateDirectory(_folder);
        DurableFile.RemoveUnfinished(_folder);
        foreach (var file in Directory.EnumerateFiles(_folder, "*.json"))
            Load(file);
    }

    /// <summary>What lies in the journal and is not understood, each with the reason. It stays where it is, for people.</summary>
    public IReadOnlyList<string> Unread => _unread;

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
        OperationReport report;
        try
        {
            report = JsonSerializer.Deserialize(SmallFile.Bytes(file, SmallFile.Large), WireJson.Default.OperationReport) ?? throw new JsonException("it is empty");
            if (report.Id != Path.GetFileNameWithoutExtension(file) || report.Steps.Any(step => step is null))
                throw new JsonException("it is not the file of an operation");
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            _unread.Add($"{file}: {e.Message}");
            return;
        }
        if (report.State is OperationState.Running or OperationState.Waiting)
            Update(new Operation(report), r => r with { State = OperationState.Interrupted, WaitsUntil = null });
        else
            _reports[report.Id] = report;
    }
}
