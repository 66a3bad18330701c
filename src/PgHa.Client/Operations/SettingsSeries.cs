namespace PgHa.Client.Operations;

/// <summary>What is left to do until settings are in force on all nodes, as the called agent sees it now: operations one after the other. It is asked for anew after each.</summary>
public sealed record SettingsSeries
{
    /// <summary>The settings of each node, as they are and as they will be.</summary>
    public required IReadOnlyList<NodeSetting> Settings { get; init; }

    /// <summary>The operations in their order; none: all is in force.</summary>
    public required IReadOnlyList<SettingsMove> Moves { get; init; }

    /// <summary>Why the first operation cannot begin yet, though nothing stands in its way but time; null: it can.</summary>
    public string? Waits { get; init; }

    /// <summary>What is left out because force answers for it.</summary>
    public IReadOnlyList<string> Overrides { get => field ?? []; init; }
}

/// <summary>A setting of a node.</summary>
/// <param name="Node">The node.</param>
/// <param name="Name">The setting.</param>
/// <param name="Now">What its server has now, or what the next start takes where none runs; null: that is not known.</param>
/// <param name="Then">What it will have; null: its default.</param>
/// <param name="Restarts">Only a restart brings it into force.</param>
public sealed record NodeSetting(string Node, string Name, string? Now = null, string? Then = null, bool Restarts = false)
{
    /// <summary>The unit of both values; null: none.</summary>
    public string? Unit { get; init; }
}

/// <summary>One of the operations.</summary>
/// <param name="Verb">What is asked for, as in <c>POST cluster/VERB</c>: <c>set</c>, or <c>switchover</c>.</param>
/// <param name="Node">The node that is changed; of a switchover the primary.</param>
/// <param name="Words">In words, with what is interrupted.</param>
/// <param name="By">Of <c>set</c>: <c>reload</c> or <c>restart</c>; else null.</param>
public sealed record SettingsMove(string Verb, string Node, string Words, string? By = null);
