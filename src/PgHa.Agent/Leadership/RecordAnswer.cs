namespace PgHa.Agent.Leadership;

/// <summary>What etcd says of the record. Only what it says for certain; all else is an outage.</summary>
public abstract record RecordAnswer
{
    private RecordAnswer()
    {
    }

    /// <summary>The swap was applied.</summary>
    /// <param name="Revision">The record's revision now.</param>
    public sealed record Swapped(long Revision) : RecordAnswer;

    /// <summary>This stands there; a swap was not applied.</summary>
    /// <param name="Record">The record.</param>
    /// <param name="Revision">Its revision.</param>
    public sealed record Stands(PrimaryRecord Record, long Revision) : RecordAnswer
    {
        /// <summary>The text that stands there: an older version may have written it, with fewer fields.</summary>
        public string Text { get; init; } = Record.Text;

        /// <summary>What a swap replaces.</summary>
        public Standing Standing => new(Revision, Text);

        /// <inheritdoc />
        public override string ToString() => $"epoch {Record.Epoch} of {Record.Node} stands there, at revision {Revision}";
    }

    /// <summary>There is no record; a swap was not applied.</summary>
    public sealed record Absent : RecordAnswer;

    /// <summary>Something stands there that is no record; a swap was not applied.</summary>
    /// <param name="Why">What is wrong with it.</param>
    public sealed record Unreadable(string Why) : RecordAnswer;

    /// <summary>No answer, or none that can be believed. A swap may have been applied, or may yet be.</summary>
    /// <param name="Why">What happened.</param>
    public sealed record Outage(string Why) : RecordAnswer;
}

/// <summary>Where the record is: in etcd, and in a list of answers where its keeper is tested.</summary>
public interface IRecordStore
{
    /// <summary>Reads the record, linearizably.</summary>
    /// <param name="within">The bound.</param>
    /// <param name="cancel">Ends it.</param>
    Task<RecordAnswer> ReadAsync(TimeSpan within, CancellationToken cancel);

    /// <summary>Puts <paramref name="record"/> where <paramref name="before"/> still stands; otherwise says what stands there.</summary>
    /// <param name="record">The new record.</param>
    /// <param name="before">What it replaces.</param>
    /// <param name="within">The bound.</param>
    /// <param name="cancel">Ends it.</param>
    Task<RecordAnswer> SwapAsync(PrimaryRecord record, Standing before, TimeSpan within, CancellationToken cancel);

    /// <summary>The same before the record has run out: only where sync record and pledges are still what was seen. All of it in one transaction.</summary>
    /// <param name="record">The new record.</param>
    /// <param name="before">What it replaces.</param>
    /// <param name="revocation">What else was seen, and what the sync record becomes.</param>
    /// <param name="within">The bound.</param>
    /// <param name="cancel">Ends it.</param>
    Task<RecordAnswer> RevokeAsync(PrimaryRecord record, Standing before, Revocation revocation, TimeSpan within, CancellationToken cancel) =>
        Task.FromResult<RecordAnswer>(new RecordAnswer.Outage("there are no pledges here"));
}
