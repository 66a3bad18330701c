namespace PgHa.Client.Operations;

/// <summary>
/// What was asked for, as the journal keeps it: flat, and in words of its own, so that it is still understood after the code has
/// changed its names.
/// </summary>
public sealed record OperationRequest
{
    /// <summary>Which request: <c>start-node</c>, <c>start-primary</c>, <c>start-standby</c>, <c>start-all</c>, <c>failover</c>, <c>switchover</c>, <c>stop-node</c>, …</summary>
    public required string Verb { get; init; }

    /// <summary>The node it was asked of.</summary>
    public required string Node { get; init; }

    /// <summary>The node that is to become primary, where one was named.</summary>
    public string? To { get; init; }

    /// <summary>Of a failover: <c>restart</c> or <c>promote</c>; of a switchover <c>promote</c> or <c>promote-unlogged</c>; of a rejoin <c>rewind</c> or <c>reclone</c>.</summary>
    public string? Form { get; init; }

    /// <summary>Which nodes stop first: <c>primary-first</c> or <c>standbys-first</c>.</summary>
    public string? Order { get; init; }

    /// <summary>The nodes it names beside these; none for most.</summary>
    public IReadOnlyList<string> Nodes { get => field ?? []; init; }

    /// <summary>Of a change of settings: the settings (<see cref="SettingChange.Text"/>).</summary>
    public string? Settings { get; init; }

    /// <summary>The operator's force.</summary>
    public bool Force { get; init; }

    /// <summary>Unknown nodes that were answered for by name.</summary>
    public IReadOnlyList<string> Answered { get => field ?? []; init; }

    /// <summary>It takes up what another operation left half done.</summary>
    public bool Resumed { get; init; }
}
