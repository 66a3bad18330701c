using PgHa.Client.Operations;

namespace PgHa.Agent.Operations;

/// <summary>Where the reports of an agent's operations outlive it. Only <see cref="OperationStore"/> uses it, one call at a time.</summary>
public interface IJournal
{
    /// <summary>What lies in it and is not understood, each with the reason. It stays where it is, for people.</summary>
    IReadOnlyList<string> Unread { get; }

    /// <summary>All reports that are understood, in no order. Once, before anything is written.</summary>
    IReadOnlyList<OperationReport> Load();

    /// <summary>Keeps a report durably in the place of its last one: whole or, where it throws, not at all.</summary>
    /// <exception cref="IOException">It could not be kept.</exception>
    /// <exception cref="UnauthorizedAccessException">It could not be kept.</exception>
    void Write(OperationReport report);

    /// <summary>Forgets a report.</summary>
    /// <exception cref="IOException">It is still there.</exception>
    /// <exception cref="UnauthorizedAccessException">It is still there.</exception>
    void Remove(string id);
}
