namespace PgHa.Agent.Configuration;

/// <summary>The local PostgreSQL instance. Paths are absolute.</summary>
public sealed record PostgresOptions
{
    /// <summary>The role used where none is configured.</summary>
    public const string DefaultRole = "postgres";

    /// <summary>The database used where none is configured.</summary>
    public const string DefaultDatabase = "postgres";

    /// <summary>How much WAL is held back for a node that is away where nothing is configured.</summary>
    public const string DefaultSlotKeepSize = "10GB";

    /// <summary>Directory of <c>pg_ctl</c> and its companions; null: found on PATH or in the usual places.</summary>
    public string? BinDir { get; init; }

    /// <summary>The data directory (PGDATA).</summary>
    public required string DataDir { get; init; }

    /// <summary>The <c>postgresql.conf</c>, if outside the data directory; null: found.</summary>
    public string? ConfigFile { get; init; }

    /// <summary>File that receives the server's stderr; null: the agent chooses.</summary>
    public string? LogFile { get; init; }

    /// <summary>Role for local SQL.</summary>
    public string Superuser { get; init; } = DefaultRole;

    /// <summary>Role for streaming, pg_rewind and pg_basebackup.</summary>
    public string ReplicationUser { get; init; } = DefaultRole;

    /// <summary>The database that the agent and pg_rewind log in to, on every node.</summary>
    public string Database { get; init; } = DefaultDatabase;

    /// <summary>Passwords in libpq's own format; null: libpq's default applies.</summary>
    public string? Passfile { get; init; }

    /// <summary>The most WAL that a slot of ours may hold back for a node that is away, in bytes.</summary>
    public ulong SlotKeepBytes { get; init; } = 10UL << 30;
}
