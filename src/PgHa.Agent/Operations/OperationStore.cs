using System.Collections.Concurrent;
using PgHa.Client.Operations;

namespace PgHa.Agent.Operations;

/// <summary>
/// The operations of this agent, newest first, as its journal keeps them. Every change of a report is made and journaled here, one at a
/// time: the steps of a stage report at once.
/// </summary>
public sealed class OperationStore
{
    private const int Kept = 200;
    private readonly IJournal _journal;
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, OperationReport> _reports = new();
    private long _last;
    private bool _written;

    /// <summary>Opens the store; what was running when the agent died is marked as interrupted.</summary>
    public OperationStore(IJournal journal)
    {
        ArgumentNullException.ThrowIfNull(journal);
        _journal = journal;
        foreach (var report in journal.Load())
            _reports[report.Id] = report;
        _last = _reports.Values.Select(r => r.Number).DefaultIfEmpty().Max();
        foreach (var open in _reports.Values.Where(RepeatRules.IsOpen).ToArray())
            Move(new Operation(open), OperationEvent.AgentEnded, r => r with { WaitsUntil = null, Call = RepeatRules.Lost(r.Call) });
    }

    /// <summary>What lies in the journal and is not understood, each with the reason. It stays where it is, for people.</summary>
    public IReadOnlyList<string> Unread => _journal.Unread;

    /// <summary>All operations, newest first.</summary>
    public IEnumerable<OperationReport> All => _reports.Values.OrderByDescending(r => r.Number).ThenByDescending(r => r.Id, StringComparer.Ordinal);

    /// <summary>One operation, or null.</summary>
    public OperationReport? Find(string id) => _reports.GetValueOrDefault(id);

    /// <summary>Gives an operation its number and keeps its first report durably; without a journal no operation begins.</summary>
    public OperationReport Begin(OperationReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        lock (_gate)
        {
            report = report with { Number = _last + 1 };
            _journal.Write(report);
            _last = report.Number;
            _reports[report.Id] = report;
            foreach (var old in All.Skip(Kept).ToArray())
                Forget(old.Id);
            return report;
        }
    }

    /// <summary>
    /// Changes a report, but not where its operation stands, and keeps it durably. A role change does not stop half way because the disk of
    /// the journal is full; the report says so instead.
    /// </summary>
    public OperationReport Update(Operation operation, Func<OperationReport, OperationReport> change) => Change(operation, Staying(change));

    /// <summary>
    /// The same, but not written yet: the next change that is, or <see cref="Write"/>, keeps it, too. Only where the journal says already all that
    /// whoever takes the operation up has to know.
    /// </summary>
    public OperationReport Hold(Operation operation, Func<OperationReport, OperationReport> change) => Change(operation, Staying(change), durably: false);

    /// <summary>Keeps the report as it stands durably; false where the journal could not be written.</summary>
    public bool Write(Operation operation)
    {
        lock (_gate)
        {
            Change(operation, report => report);
            return _written;
        }
    }

    /// <summary>Something has happened to an operation: it stands elsewhere now, durably.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="what">The event.</param>
    /// <param name="also">What else changes of its report.</param>
    public OperationReport Move(Operation operation, OperationEvent what, Func<OperationReport, OperationReport>? also = null) =>
        Change(operation, report => OperationTransitions.Apply(also is null ? report : also(report), what));

    /// <summary>Something was done about an interrupted operation, durably.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="what">The event.</param>
    /// <param name="message">In words.</param>
    /// <param name="by">The operation that takes it up, or null.</param>
    public OperationReport Recover(Operation operation, OperationEvent what, string message, string? by = null) =>
        Change(operation, report => OperationTransitions.Recover(report, what, message, by));

    /// <summary>What is kept here counts, not what the caller has seen last: the same operation can be held twice.</summary>
    private OperationReport Change(Operation operation, Func<OperationReport, OperationReport> change, bool durably = true)
    {
        ArgumentNullException.ThrowIfNull(operation);
        lock (_gate)
        {
            var report = change(Find(operation.Report.Id) ?? operation.Report);
            report = durably ? Written(report) : report;
            return operation.Report = _reports[report.Id] = report;
        }
    }

    private static Func<OperationReport, OperationReport> Staying(Func<OperationReport, OperationReport> change) =>
        report => change(report) is var changed && OperationStanding.Of(changed) == OperationStanding.Of(report) ? changed
            : throw new InvalidOperationException($"operation {report.Id} was moved from {OperationStanding.Of(report)} past the table");

    private OperationReport Written(OperationReport report)
    {
        try
        {
            _journal.Write(report);
            _written = true;
            return report;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _written = false;
            return report with { JournalProblem = e.Message };
        }
    }

    /// <summary>What cannot be removed lies there until the agent's next run: no reason not to begin.</summary>
    private void Forget(string id)
    {
        _reports.TryRemove(id, out _);
        try
        {
            _journal.Remove(id);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is read again then, and removed again.
        }
    }
}
