namespace PgHa.Agent.Configuration;

/// <summary>How this node keeps copies of the primary's logical slots while it is a standby.</summary>
public sealed record SlotsOptions
{
    /// <summary>How often they are brought level; zero: only in role changes and when asked.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Before PostgreSQL 16: restart the standby when the primary has a slot that it has no copy of.</summary>
    public bool Restart { get; init; }
}
