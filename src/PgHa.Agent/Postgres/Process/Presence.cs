namespace PgHa.Agent.Postgres;

/// <summary>Whether a process belongs to the server of a data directory. Three answers: what cannot be told is never "no".</summary>
internal enum Presence
{
    /// <summary>It does not, or it has ended.</summary>
    No,

    /// <summary>It does.</summary>
    Yes,

    /// <summary>It may: it is a PostgreSQL server of the same user, and the agent may not look at it.</summary>
    Untold,
}
