namespace PgHa.Client.Facts;

/// <summary>What a node says of settings that are to be changed there. Read by its own agent, which changes nothing by it.</summary>
public sealed record SettingsReport
{
    /// <summary>The node.</summary>
    public required string Node { get; init; }

    /// <summary>The settings, in the order in which they were asked for.</summary>
    public required IReadOnlyList<SettingFacts> Settings { get; init; }

    /// <summary>What the next start of its server would do once they are changed.</summary>
    public required NextStart Then { get; init; }

    /// <summary>What it says of one of them.</summary>
    public SettingFacts Of(string name) => Settings.First(s => s.Name == name);
}

/// <summary>One setting of a node: as it is, and as it would be. Values are PostgreSQL's own, in its base units.</summary>
/// <param name="Name">The setting.</param>
public sealed record SettingFacts(string Name)
{
    /// <summary>Whether the running server knows such a setting; null: none answers.</summary>
    public bool? Known { get; init; }

    /// <summary>When it can be changed: <c>postmaster</c>, <c>sighup</c>, <c>user</c>, …; null: no server answers.</summary>
    public string? Context { get; init; }

    /// <summary>What the running server has; null: none answers, or the session of the agent has a value of its own.</summary>
    public string? Running { get; init; }

    /// <summary>What the next start takes as its files are now; null: it is set nowhere, and its default is not known.</summary>
    public string? Next { get; init; }

    /// <summary>What the next start would take once it is changed; null: that is not known.</summary>
    public string? Then { get; init; }

    /// <summary>Why the server program does not accept the new value, in PostgreSQL's own words; null: it does.</summary>
    public string? Problem { get; init; }

    /// <summary>It is to be taken back: it is as long as postgresql.auto.conf says something of it.</summary>
    public bool IsReset { get; init; }

    /// <summary>What postgresql.auto.conf says of it; null: nothing.</summary>
    public string? Before { get; init; }

    /// <summary>Where it is set: <c>FILE line N</c>, or <c>the command line</c>; null: nowhere.</summary>
    public string? Place { get; init; }

    /// <summary>The unit of its values, such as <c>kB</c>; null: it has none.</summary>
    public string? Unit { get; init; }
}
