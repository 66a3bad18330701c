using System.Text.Json;
using PgHa.Agent.Files;
using PgHa.Client;
using PgHa.Client.Operations;

namespace PgHa.Agent.Operations;

/// <summary>
/// One JSON file for each operation under <c>state_dir/operations</c>. A file is replaced whole and fsynced, so that after a crash it says
/// which step was under way.
/// </summary>
public sealed class DiskJournal : IJournal
{
    private readonly string _folder;
    private readonly List<string> _unread = [];

    /// <summary>The journal in that folder; half a file that a crash left is removed.</summary>
    public DiskJournal(string folder)
    {
        _folder = folder;
        Directory.CreateDirectory(_folder);
        DurableFile.RemoveUnfinished(_folder);
    }

    /// <inheritdoc />
    public IReadOnlyList<string> Unread => _unread;

    /// <inheritdoc />
    public IReadOnlyList<OperationReport> Load() => [.. Directory.EnumerateFiles(_folder, "*.json").Select(Read).OfType<OperationReport>()];

    /// <inheritdoc />
    public void Write(OperationReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        DurableFile.Replace(PathOf(report.Id), JsonSerializer.SerializeToUtf8Bytes(report, WireJson.Default.OperationReport));
    }

    /// <inheritdoc />
    public void Remove(string id) => File.Delete(PathOf(id));

    private string PathOf(string id) => Path.Combine(_folder, id + ".json");

    private OperationReport? Read(string file)
    {
        try
        {
            var report = JsonSerializer.Deserialize(SmallFile.Bytes(file, SmallFile.Large), WireJson.Default.OperationReport) ?? throw new JsonException("it is empty");
            if (report.Id != Path.GetFileNameWithoutExtension(file) || report.Steps.Any(step => step is null))
                throw new JsonException("it is not the file of an operation");
            return report;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            _unread.Add($"{file}: {e.Message}");
            return null;
        }
    }
}
