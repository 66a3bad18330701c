namespace PgHa.Agent.Cluster;

/// <summary>
/// A fact that a decision rests on, or that is said beside it: one record for each kind, with what was seen as its members. Rules, and their
/// tests, compare the record. It becomes a sentence only at the edge: in reports, refusals and logs.
/// </summary>
public abstract record Evidence
{
    /// <summary>The kinds are closed: all of them are in this program.</summary>
    private protected Evidence()
    {
    }

    /// <summary>The sentence for people. It stands with its kind and nowhere else.</summary>
    public abstract string Words { get; }

    /// <summary>The sentence: whatever message it is put into shows no members.</summary>
    public sealed override string ToString() => Words;
}
