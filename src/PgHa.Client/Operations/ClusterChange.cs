namespace PgHa.Client.Operations;

/// <summary>The body of <c>POST cluster/{start,stop,restart,reload,set,switchover,failover,rejoin,init,clone}</c>. Every field may be left out.</summary>
public sealed record ClusterChange
{
    /// <summary>The node that is started, stopped, rejoined, or that becomes primary; without it all nodes are, or the best one becomes it.</summary>
    public string? Target { get; init; }

    /// <summary>Of a stop, and of a switchover by restart: <c>primary_first</c> or <c>standbys_first</c>.</summary>
    public string? Order { get; init; }

    /// <summary>Of a switchover or failover <c>promote</c> (default) or <c>restart</c>; of a rejoin <c>rewind</c> or <c>reclone</c>; of a start <c>primary</c>; of a set <c>reload</c> or <c>restart</c>.</summary>
    public string? By { get; init; }

    /// <summary>Of a switchover by promotion: <c>accept</c> that unlogged tables are emptied.</summary>
    public string? Unlogged { get; init; }

    /// <summary>Of a clone: the running node that is copied; null: the primary.</summary>
    public string? From { get; init; }

    /// <summary>Of a set: the settings (<see cref="SettingChange.Text"/>).</summary>
    public string? Settings { get; init; }

    /// <summary>Of a switchover in automatic mode: when it is to be carried out, with an offset; null: at once.</summary>
    public string? At { get; init; }

    /// <summary>Answer the plan, change nothing.</summary>
    public bool DryRun { get; init; }

    /// <summary>Wait before each step to be resumed.</summary>
    public bool Stepwise { get; init; }

    /// <summary>The operator answers for what cannot be proven.</summary>
    public bool Force { get; init; }

    /// <summary>Why, in the operator's words; kept in the operation.</summary>
    public string? Reason { get; init; }
}
